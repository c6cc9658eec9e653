import NIOCore

/// Who has something to do at a time.
protocol Expiring: AnyObject {
    /// Where the queue keeps it; the queue's own.
    var deadlineSlot: Int64? { get set }
    /// Its time has come. It is in the queue no longer.
    func deadlineReached(now: NIODeadline)
}

/// All the deadlines of an event loop's connections behind one timer.
///
/// Deadlines are rounded up to a tenth of a second, so that thousands of them are few wake-ups, and a loop whose
/// connections have nothing to do sleeps until the next one has. Where the time of very many comes at once, the loop sees
/// to its sockets in between. Belongs to its event loop.
final class DeadlineQueue {
    private static let slotNanoseconds: UInt64 = 100_000_000
    private static let mostAtOnce = 64

    private let eventLoop: any EventLoop
    private var slots: [Int64: [ObjectIdentifier: any Expiring]] = [:]
    private var timer: Scheduled<Void>?
    private var timerSlot = Int64.max
    private var isExpiring = false

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    deinit { timer?.cancel() }

    var now: NIODeadline { eventLoop.now }

    /// Calls `expiring` at `deadline`, in place of what it was to be called at before.
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

    /// - Parameter earliest: Until then the loop is to do other things.
    private func setTimer(after earliest: NIODeadline? = nil) {
        if isExpiring { return }  // it sets the timer when it is through
        timer?.cancel()
        timer = nil
        // Deadlines lie within a minute, so there are a few hundred slots at most.
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
        for slot in slots.keys.filter({ $0 <= current }).sorted() where due.count < Self.mostAtOnce {
            due += slots[slot, default: [:]].values.prefix(Self.mostAtOnce - due.count)
        }
        for expiring in due { cancel(expiring) }
        for expiring in due { expiring.deadlineReached(now: now) }
        isExpiring = false
        setTimer(after: due.count < Self.mostAtOnce ? nil : now + .milliseconds(1))
    }
}
