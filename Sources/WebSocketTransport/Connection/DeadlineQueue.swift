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
/// connections have nothing to do sleeps until the next one has. Belongs to its event loop.
final class DeadlineQueue {
    private static let slotNanoseconds: UInt64 = 100_000_000

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

    private func setTimer() {
        if isExpiring { return }  // it sets the timer when it is through
        timer?.cancel()
        timer = nil
        // Deadlines lie within a minute, so there are a few hundred slots at most.
        timerSlot = slots.keys.min() ?? .max
        guard timerSlot != .max else { return }
        let deadline = NIODeadline.uptimeNanoseconds(UInt64(timerSlot) * Self.slotNanoseconds)
        timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in self?.expire() }
    }

    private func expire() {
        isExpiring = true
        let now = self.now
        let current = Int64(now.uptimeNanoseconds / Self.slotNanoseconds)
        for slot in slots.keys.filter({ $0 <= current }).sorted() {
            let due = slots.removeValue(forKey: slot) ?? [:]
            for expiring in due.values { expiring.deadlineSlot = nil }
            for expiring in due.values { expiring.deadlineReached(now: now) }
        }
        isExpiring = false
        setTimer()
    }
}
