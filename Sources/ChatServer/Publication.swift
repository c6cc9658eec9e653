import ChatWire

/// What works on its connections in one thread of several.
protocol EventLoopBound: AnyObject {
    /// Those with the same one are worked on by the same thread.
    var loop: ObjectIdentifier { get }
}

/// Where a message came from.
struct MessageOrigin<Device> {
    var device: Device
    /// Which limit it is over.
    var overLimit: Metrics.Limit?
}

extension MessageOrigin: Sendable where Device: Sendable {}

/// What a batch of commits has to tell, in order, by the thread that it is told on: each is waked once for all of it. The value
/// that `Hub` and the simulated server carry out.
struct Publication<Device: EventLoopBound> {
    enum Step {
        case answer(MessageDraft, AppendResult, LogLine?)
        /// - Parameter timedFrom: When the message was received, if this is where the time to its delivery is taken.
        case delivery(StoredMessage, SharedEncoding?, timedFrom: Timestamp?)
    }

    typealias Steps = [(device: Device, step: Step)]

    private(set) var loops: [(id: ObjectIdentifier, steps: Steps)] = []
    /// Who wrote to each other, and are both online without having been told so.
    private(set) var firstContacts: [(one: UserID, other: UserID)] = []

    /// Answers messages, and delivers those that were stored to every other device of both their users.
    init(of batch: [CommitPipeline<MessageOrigin<Device>>.Answered], to registry: inout Registry<Device>) {
        for (draft, result, origin) in batch {
            guard let stored = result.stored else {
                append(.answer(draft, result, nil), origin.device)
                continue
            }
            let (sender, receiver) = (stored.message.sender, stored.message.receiver)
            let recipients = registry.recipients(ofMessageFrom: sender, to: stored.reachesReceiver ? receiver : nil)
            let encoding = SharedEncoding(among: recipients.senderDevices.count + recipients.receiverDevices.count - 1)
            // Who waits for it hears of it first.
            for (index, device) in recipients.receiverDevices.enumerated() {
                append(.delivery(stored, encoding, timedFrom: index == 0 ? draft.receivedAt : nil), device)
            }
            let line: LogLine =
                recipients.receiverDevices.isEmpty ? .receiverOffline(receiver) : .delivered(to: receiver)
            append(.answer(draft, result, line), origin.device)
            for device in recipients.senderDevices where device !== origin.device {
                append(.delivery(stored, encoding, timedFrom: nil), device)
            }
            if recipients.isFirstContact { firstContacts.append((sender, receiver)) }
        }
    }

    private mutating func append(_ step: Step, _ device: Device) {
        let id = device.loop
        if let index = loops.firstIndex(where: { $0.id == id }) {
            loops[index].steps.append((device, step))
        } else {
            loops.append((id, [(device, step)]))
        }
    }
}
