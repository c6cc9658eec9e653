/// The state of the sockets and the process, for `/metrics`.
public struct ServerFigures: Sendable, Equatable {
    /// The bytes that are queued for slow clients.
    public var outboundBytes = 0
    /// The open sockets, counted from the accept on.
    public var sockets = 0
    /// The maximum number of sockets; nil for no limit.
    public var maxSockets: Int?
    /// The number of sockets on which no request has arrived yet.
    public var openingSockets = 0
    /// The sockets that were closed at the accept, by the name of the limit.
    public var refusedSockets: [String: Int] = [:]
    /// The number of HTTP answers by status.
    public var httpAnswers: [Int: Int] = [:]
    public var httpAnswerBytes = 0
    /// The resident memory in bytes. This and the next two are nil if the system does not tell.
    public var residentBytes: Int?
    public var openDescriptors: Int?
    public var maxDescriptors: Int?
    public var droppedLogLines = 0

    public init() {}
}
