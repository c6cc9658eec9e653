#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Between events and the JSON text of a frame or an HTTP body.
public enum WireCodec {
    /// Throws `Malformed` for whatever is not the JSON of such a value: no input crashes it.
    public static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws(Malformed) -> Value {
        try decode(type, from: Array(text.utf8))
    }

    public static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(Malformed) -> Value {
        guard isSafe(bytes) else { throw Malformed.nestedTooDeeply }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw Malformed(error)
        }
    }

    /// Whether a decoder of JSON may be given it.
    public static func isSafe(_ bytes: some Sequence<UInt8>) -> Bool { JSONNesting.isBounded(bytes) }

    public static func encode(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        guard let data = try? encoder.encode(value) else {
            preconditionFailure("our own events are made of strings, numbers and flags, which always encode")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// The peer's fault: what came is no JSON, or not the JSON of the event it says it is.
    public struct Malformed: Error, CustomStringConvertible {
        /// Where it went wrong, in the decoder's words. It quotes keys at most, never values.
        public let description: String

        static let nestedTooDeeply = Malformed(description: "nested too deeply, or not UTF-8")

        private init(description: String) { self.description = description }

        init(_ error: any Error) {
            switch error {
            case DecodingError.keyNotFound(let key, _):
                description = "field '\(UntrustedText(key.stringValue))' is missing"
            case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
                description = "field '\(Self.path(context))' is of another type"
            case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
                description = "field '\(Self.path(context))': \(UntrustedText(context.debugDescription))"
            default:
                description = "not JSON"
            }
        }

        private static func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map { UntrustedText($0.stringValue).displayed() }.joined(separator: ".")
        }
    }
}
