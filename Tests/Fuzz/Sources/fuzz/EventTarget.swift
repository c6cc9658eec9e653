import ChatWire

/// The JSON of both programs. A decoded value must survive encoding; other input must be refused as malformed.
enum EventTarget {
    static func check(_ input: [UInt8]) {
        check(ClientEvent.self, input)
        check(ServerEvent.self, input)
        check(HistoryPage.self, input)
        check(ConversationList.self, input)
        check(ServerStatus.self, input)
    }

    private static func check<Value: JSONCodable & Equatable>(_ type: Value.Type, _ input: [UInt8]) {
        // Others may send more precise times than are encoded here, so the first round may change a value.
        guard let value = decode(type, input).flatMap({ repeated($0) }) else { return }
        require(repeated(value) == value, "\(value) stays the same")
    }

    private static func repeated<Value: JSONCodable & Equatable>(_ value: Value) -> Value? {
        let text = WireCodec.encode(value)
        let decoded = decode(Value.self, Array(text.utf8))
        require(decoded != nil, "what is encoded here can be decoded: \(text)")
        return decoded
    }

    private static func decode<Value: JSONDecodable & Equatable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        let value: Value?
        do throws(WireCodec.Malformed) {
            value = try WireCodec.decode(type, from: bytes)
        } catch {
            require(!error.description.isEmpty, "a refusal says why")
            value = nil
        }
        if let text = String(validating: bytes, as: UTF8.self) {
            require(value == (try? WireCodec.decode(type, from: text)), "bytes and text are decoded alike")
        }
        return value
    }
}
