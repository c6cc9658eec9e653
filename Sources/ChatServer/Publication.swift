import ChatWire

/// An object that must be used on the thread of its event loop.
protocol EventLoopBound: AnyObject {
    /// Objects with the same loop share a thread.
    var loop: ObjectIdentifier { get }
}

/// The source of a message.
struct MessageOrigin<Device> {
    var device: Device
    /// The limit that the message is over; nil if it is within all limits.
    var overLimit: Metrics.Limit?
}

extension MessageOrigin: Sendable where Device: Sendable {}

/// The events that follow a batch of commits, in order and grouped by thread, so that each thread is woken once per
/// batch. `Hub` and the simulated server perform it.
struct Publication<Device: EventLoopBound> {
    enum Step {
        case answer(MessageDraft, AppendResult, LogLine?)
        /// - Parameter timedFrom: The time at which the message was received, if the delivery time is measured here.
        case delivery(StoredMessage, SharedEncoding?, timedFrom: Timestamp?)
    }

    typealias Steps = [(device: Device, step: Step)]

    private(set) var loops: [(id: ObjectIdentifier, steps: Steps)] = []
    /// Pairs of users who wrote to each other, are both online, and have not been told so.
    private(set) var firstContacts: [(one: UserID, other: UserID)] = []

    /// Answers the messages, and delivers those that were stored to all other devices of both users.
    init(of batch: [CommitPipeline<MessageOrigin<Device>>.Answered], to registry: inout Registry<Device>) {
        for (draft, result, origin) in batch {
            guard let stored = result.stored else {
                append(.answer(draft, result, nil), origin.device)
                continue
            }
            let (sender, receiver) = (stored.message.sender, stored.message.receiver)
            let recipients = registry.recipients(ofMessageFrom: sender, to: stored.reachesReceiver ? receiver : nil)
            let encoding = SharedEncoding(among: recipients.senderDevices.count + recipients.receiverDevices.count - 1)
            // The receivers come first, since they wait for the message.
            for (index, device) in recipients.receiverDevices.enumerated() {
                append(.delivery(stored, encoding, timedFrom: index == 0 ? draft.receivedAt : nil), device)
            }
            let isThere = !recipients.receiverDevices.isEmpty || registry.others.have(receiver)
            let line: LogLine = isThere ? .delivered(to: receiver) : .receiverOffline(receiver)
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
