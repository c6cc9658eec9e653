/// A violation of RFC 6455 by the peer. It ends the connection.
struct ProtocolViolation: Error, Hashable {
    /// The close code to send.
    var code: UInt16
    /// What was wrong, in plain words. It is also the reason in the Close frame.
    var reason: String

    static func protocolError(_ reason: String) -> Self { Self(code: CloseCode.protocolError, reason: reason) }
    static func notUTF8() -> Self { Self(code: CloseCode.invalidPayload, reason: "the text is not UTF-8") }
    static func tooBig(_ what: String) -> Self { Self(code: CloseCode.tooBig, reason: "\(what) is too big") }
}
