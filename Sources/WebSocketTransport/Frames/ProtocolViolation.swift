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

/// The close codes of RFC 6455, section 7.4.1, and those of this system's protocol.
public enum CloseCode {
    public static let normal: UInt16 = 1000
    public static let goingAway: UInt16 = 1001
    public static let protocolError: UInt16 = 1002
    public static let invalidPayload: UInt16 = 1007
    public static let tooBig: UInt16 = 1009
    /// The server is being restarted; come back after a random wait.
    public static let restart: UInt16 = 1012
    /// The peer did not answer a ping.
    public static let noPong: UInt16 = 4001
    /// The peer did not read what was sent to it.
    public static let slowConsumer: UInt16 = 4002

    /// Whether a Close frame may carry the code (section 7.4.2 and IANA's registry). 1004, 1005, 1006 and 1015 may
    /// not: they are for reports inside a program.
    public static func isAllowedOnWire(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
