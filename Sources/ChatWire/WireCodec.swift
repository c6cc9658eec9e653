/// Between events and the JSON text of a frame or an HTTP body.
public enum WireCodec {
    /// Throws `Malformed` for whatever is not the JSON of such a value: no input crashes it.
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

    /// Whether another reader of JSON may be given it: not nested too deeply, and without a name that it might read
    /// differently than others do.
    public static func isUnambiguous(_ bytes: [UInt8]) -> Bool {
        guard let text = String(validating: bytes, as: UTF8.self), let document = try? JSONDocument(text) else {
            return false
        }
        return !document.repeatsName
    }

    public static func encode(_ value: some JSONEncodable) -> String {
        String(decoding: encodeUTF8(value), as: UTF8.self)
    }

    /// The same as bytes, for a frame.
    public static func encodeUTF8(_ value: some JSONEncodable) -> [UInt8] {
        var json = JSONWriter()
        value.encode(to: &json)
        return json.bytes
    }

    /// In one line and safe to show: what must not reach a terminal is written as an escape, which says the same.
    public static func encodeLine(_ value: some JSONEncodable) -> String {
        let json = encode(value)
        if json.utf8.elementsEqual(UntrustedText(json).displayed().utf8) { return json }
        var line = ""
        for scalar in json.unicodeScalars {
            let character = String(scalar)
            // Whatever is not ASCII stands in a string, where it may be written as an escape.
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
