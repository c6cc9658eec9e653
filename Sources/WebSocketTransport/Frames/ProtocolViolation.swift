/// What the peer did against RFC 6455, and so the end of the connection.
struct ProtocolViolation: Error, Hashable {
    /// The close code that the peer is told.
    var code: UInt16
    /// What was wrong, in plain words; also the reason in the Close frame.
    var reason: String

    static func protocolError(_ reason: String) -> Self { Self(code: CloseCode.protocolError, reason: reason) }
    static func notUTF8() -> Self { Self(code: CloseCode.invalidPayload, reason: "the text is not UTF-8") }
    static func tooBig(_ what: String) -> Self { Self(code: CloseCode.tooBig, reason: "\(what) is too big") }
}
