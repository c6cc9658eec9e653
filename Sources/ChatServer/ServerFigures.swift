/// How things stand outside the hub: with the sockets, and with the process. For `/metrics`.
public struct ServerFigures: Sendable, Equatable {
    /// How many bytes wait for slow clients.
    public var outboundBytes = 0
    /// Open sockets, from the accept on.
    public var sockets = 0
    /// Nil for no limit.
    public var maxSockets: Int?
    /// On how many of them nobody has asked for anything yet.
    public var openingSockets = 0
    /// Those that were closed at the accept, by the bound that they were over.
    public var refusedSockets: [String: Int] = [:]
    /// How many answers of each status.
    public var httpAnswers: [Int: Int] = [:]
    public var httpAnswerBytes = 0
    /// Nil where the system does not tell, as the next two.
    public var residentBytes: Int?
    public var openDescriptors: Int?
    public var maxDescriptors: Int?
    public var droppedLogLines = 0

    public init() {}
}
