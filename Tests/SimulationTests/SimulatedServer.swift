import ChatWire

@testable import ChatClient

/// The server's end of a connection.
protocol ServerEnd: AnyObject {
    func received(_ event: ClientEvent)
    /// The connection is no more. May be said more than once.
    func closed()
}

/// What devices see of a server.
protocol SimulatedServer: AnyObject {
    var isUp: Bool { get }
    func accept(_ wire: Wire) -> any ServerEnd
    /// The conversation as the answer to a request that arrives now; nil for a failure.
    func history(of user: UserID, with peer: UserID, before: MessageID?, limit: Int?) -> HistoryPage?
    /// The list of conversations; nil for a failure.
    func conversations(of user: UserID) -> [ConversationList.Entry]?
    /// The process dies and loses all that it did not store.
    func crash()
    func start()
    /// The process ends properly, and tells its clients.
    func restart()
    /// The database fails until `recover`, or works again.
    func setFailing(_ isFailing: Bool)
    func backUp()
    /// The database is replaced by the copy, if there is one.
    func restore()
    /// The conversation as the first of the two has it, in the order in which it is stored.
    func conversation(_ one: UserID, _ other: UserID) -> [Message]
    func isStored(_ messageID: MessageID) -> Bool
    /// The client ids of all that is stored, in order, as far as they can be known.
    func storedSendings(_ written: [ClientMessageID: Judge.Written]) -> [ClientMessageID]
    /// A message that none of the devices wrote.
    func unknownMessage(_ written: [ClientMessageID: Judge.Written], except users: Set<UserID>) -> MessageID?
}

extension World {
    /// `GET /conversations`, from a device.
    func requestConversations(
        _ device: Device, answer: @escaping (Result<ConversationList, HistoryFailure>) -> Void
    ) {
        let isBad = !isCalm && dice.chance(plan.badRequests)
        if plan.hasNoHistory { return after(1.ms...80.ms) { answer(.failure(.notProvided)) } }
        after(1.ms...80.ms) {
            let isReached = self.server.isUp && !device.isCutOff && !isBad
            let list = isReached ? self.server.conversations(of: device.user) : nil
            self.after(self.isCalm || self.dice.chance(80) ? 1.ms...80.ms : 1.s...9.s) {
                answer(list.map { .success(.init(conversations: $0)) } ?? .failure(.refused(status: 503)))
            }
        }
    }

    /// `GET /messages`, from a device.
    func request(
        _ device: Device, with peer: UserID, before: MessageID?, limit: Int?,
        answer: @escaping (Result<HistoryPage, HistoryFailure>) -> Void
    ) {
        let isBad = !isCalm && dice.chance(plan.badRequests)
        if plan.hasNoHistory { return after(1.ms...80.ms) { answer(.failure(.notProvided)) } }
        if device.isCutOff || isBad {
            return after(dice.chance(50) ? 1.ms...80.ms : 5.s...30.s) { answer(.failure(.unanswered(.timedOut))) }
        }
        after(1.ms...80.ms) {
            let isUp = self.server.isUp
            let page = isUp ? self.server.history(of: device.user, with: peer, before: before, limit: limit) : nil
            self.after(self.isCalm || self.dice.chance(80) ? 1.ms...80.ms : 1.s...9.s) {
                answer(page.map { .success($0) } ?? .failure(.refused(status: 503)))
            }
        }
    }
}
