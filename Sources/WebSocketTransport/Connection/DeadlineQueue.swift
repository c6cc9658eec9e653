import NIOCore

/// An object with a deadline.
protocol Expiring: AnyObject {
    /// The slot that the queue keeps it in. Only the queue uses this.
    var deadlineSlot: Int64? { get set }
    /// Called when the deadline has passed. The object is not in the queue any more.
    func deadlineReached(now: NIODeadline)
}

/// All deadlines of an event loop's connections, with one timer.
///
/// Deadlines are rounded up to a tenth of a second, so that thousands of them cause few wake-ups. A loop without
/// deadlines sleeps. If very many are due at once, the loop serves its sockets in between. It must be used on its loop
/// only.
final class DeadlineQueue {
    private static let slotNanoseconds: UInt64 = 100_000_000
    private static let maxAtOnce = 64

    private let eventLoop: any EventLoop
    private var slots: [Int64: [ObjectIdentifier: any Expiring]] = [:]
    private var timer: Scheduled<Void>?
    private var timerSlot = Int64.max
    private var isExpiring = false

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    deinit { timer?.cancel() }

    var now: NIODeadline { eventLoop.now }

    /// Sets the deadline of `expiring`, in place of an earlier one.
    func schedule(_ expiring: any Expiring, at deadline: NIODeadline) {
        let slot = Self.slot(of: deadline)
        guard slot != expiring.deadlineSlot else { return }
        cancel(expiring)
        slots[slot, default: [:]][ObjectIdentifier(expiring)] = expiring
        expiring.deadlineSlot = slot
        if slot < timerSlot { setTimer() }
    }

    func cancel(_ expiring: any Expiring) {
        guard let slot = expiring.deadlineSlot else { return }
        expiring.deadlineSlot = nil
        slots[slot]?[ObjectIdentifier(expiring)] = nil
        if slots[slot]?.isEmpty == true {
            slots[slot] = nil
            if slot == timerSlot { setTimer() }
        }
    }

    private static func slot(of deadline: NIODeadline) -> Int64 {
        Int64((deadline.uptimeNanoseconds + slotNanoseconds - 1) / slotNanoseconds)
    }

    /// - Parameter earliest: The timer does not fire before this time, so that the loop can do other work.
    private func setTimer(after earliest: NIODeadline? = nil) {
        if isExpiring { return }  // it sets the timer when it is done
        timer?.cancel()
        timer = nil
        // All deadlines are within a minute, so there are a few hundred slots at most.
        timerSlot = slots.keys.min() ?? .max
        guard timerSlot != .max else { return }
        let slot = NIODeadline.uptimeNanoseconds(UInt64(timerSlot) * Self.slotNanoseconds)
        let deadline = max(slot, earliest ?? slot)
        timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in self?.expire() }
    }

    private func expire() {
        isExpiring = true
        let now = self.now
        let current = Int64(now.uptimeNanoseconds / Self.slotNanoseconds)
        var due: [any Expiring] = []
        for slot in slots.keys.filter({ $0 <= current }).sorted() where due.count < Self.maxAtOnce {
            due += slots[slot, default: [:]].values.prefix(Self.maxAtOnce - due.count)
        }
        for expiring in due { cancel(expiring) }
        for expiring in due { expiring.deadlineReached(now: now) }
        isExpiring = false
        setTimer(after: due.count < Self.maxAtOnce ? nil : now + .milliseconds(1))
    }
}
