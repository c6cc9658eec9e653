import ChatWire

@testable import ChatServer

// The database, as the server's queues and its presence ask it.

extension CurrentServer {
    /// In smaller steps than the real ones, so that there are several.
    private static let (maxCovered, maxDelivered, peersAtOnce) = (3, 2, 2)

    func answer(to request: ReceiptPipeline<ServerConnection>.Request) -> ReceiptPipeline<ServerConnection>.Answer {
        switch request {
        case .acknowledge(let acknowledgements, atMost: _):
            .acknowledged(result { $0.acknowledge(acknowledgements, atMost: Self.maxCovered) })
        case .markRead(let marks, atMost: _): .markedRead(result { $0.markRead(marks) })
        case .findBlockEitherWay(let one, let other): .blockedEitherWay(result { $0.isBlockedEitherWay(one, other) })
        case .setBlocked(let isBlocked, let other, let user, let time, let limit, atMost: _):
            .blockSet(
                result {
                    if !isBlocked, world.sabotage == .forgetsWithheld {
                        return $0.blocks[user, default: [:]].removeValue(forKey: other) == nil
                            ? .unchanged : .ended(delivered: nil)
                    }
                    return $0.setBlocked(isBlocked, other, by: user, at: time, limit: limit, atMost: Self.maxDelivered)
                })
        case .findBlock(let other, let user): .blockFound(result { $0.blocks(user, other) })
        }
    }

    private func result<Value>(_ body: (inout MemoryLedger) -> Value) -> Result<Value, StoreError> {
        isFailing ? .failure(.full) : .success(body(&ledger))
    }

    func answer(to question: PresenceQuestion, recentTimes: Timestamp) -> PresenceAnswer {
        switch question {
        case .marks(let user, let range):
            .marks(ledger.marks(of: user, in: range, since: recentTimes, limit: Self.peersAtOnce))
        case .marksWith(let peer, let user): .marksWith(peer, of: user, ledger.marks(of: user, with: peer))
        case .blockedEitherWay(let user, let others):
            .blockedEitherWay(ledger.blockedEitherWay(with: user, among: others))
        case .blockers(let user, let others): .blockers(ledger.blockers(of: user, among: others))
        case .lastSeen(let users): .lastSeen(ledger.lastSeen(of: users))
        case .lastTime(let user, let other): .lastTime(ledger.lastTime(of: user, with: other))
        }
    }
}
