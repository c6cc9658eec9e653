/// Converts between values and JSON, for frames and HTTP bodies.
public enum WireCodec {
    /// Decodes a value.
    /// - Throws: `Malformed` for any input that is not such a value. No input traps.
    public static func decode<Value: JSONDecodable>(_ type: Value.Type, from text: String) throws(Malformed) -> Value {
        let document = try JSONDocument(text)
        do throws(Malformed) {
            if document.repeatsName { throw .repeatedName }
            return try Value(json: document.root)
        } catch {
            throw error.about(ClientEvent.messageID(in: document.root))
        }
    }

    public static func decode<Value: JSONDecodable>(
        _ type: Value.Type, from bytes: [UInt8]
    ) throws(Malformed) -> Value {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
        return try decode(type, from: text)
    }

    /// Whether all JSON parsers read the text the same way: it is not nested too deeply, and no object has a name
    /// twice.
    public static func isUnambiguous(_ bytes: [UInt8]) -> Bool {
        guard let text = String(validating: bytes, as: UTF8.self), let document = try? JSONDocument(text) else {
            return false
        }
        return !document.repeatsName
    }

    public static func encode(_ value: some JSONEncodable) -> String {
        String(decoding: encodeUTF8(value), as: UTF8.self)
    }

    /// Encodes a value as UTF-8 for a frame.
    public static func encodeUTF8(_ value: some JSONEncodable) -> [UInt8] {
        var json = JSONWriter()
        value.encode(to: &json)
        return json.bytes
    }

    /// Encodes a value on one line that is safe to show. Characters that must not reach a terminal are written as
    /// escapes, which mean the same.
    public static func encodeLine(_ value: some JSONEncodable) -> String {
        let json = encode(value)
        if json.utf8.elementsEqual(UntrustedText(json).displayed().utf8) { return json }
        var line = ""
        for scalar in json.unicodeScalars {
            let character = String(scalar)
            // In JSON, characters outside ASCII occur only in strings, where they may be escaped.
            if UntrustedText(character).displayed().unicodeScalars.first == scalar {
                line.unicodeScalars.append(scalar)
            } else {
                line += character.utf16.map(escaped).joined()
            }
        }
        return line
    }

    private static func escaped(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
