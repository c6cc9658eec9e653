import Glibc
import Synchronization
import Testing

@testable import Terminal

@Suite struct WakePipeTests {
    /// Two threads produce work, and go on when it was seen. If one wake-up were lost, all would wait forever.
    @Test func noWakeIsLost() throws {
        let pipe = try WakePipe()
        let last = 50_000
        let (told, seen) = (Counters(), Counters())
        let tellers = [0, 1].map { teller in
            PosixThread {
                for number in 1...last {
                    told.set(teller, number)
                    pipe.wake()
                    while seen.get(teller) < number && !seen.isOver { sched_yield() }
                }
            }
        }
        var isWoken = true
        while isWoken && seen.get(0) + seen.get(1) < 2 * last {
            var descriptor = pollfd(fd: pipe.readEnd, events: Int16(POLLIN), revents: 0)
            isWoken = poll(&descriptor, 1, 2000) > 0
            _ = pipe.drain()
            for teller in [0, 1] { seen.set(teller, told.get(teller)) }
        }
        #expect(isWoken, "woken no more after \(seen.get(0)) and \(seen.get(1)) of \(last)")
        seen.end()
        for teller in tellers { teller.join() }
    }
}

/// Two numbers that threads share.
private final class Counters: Sendable {
    private let first = Atomic(0)
    private let second = Atomic(0)
    private let over = Atomic(false)

    func get(_ index: Int) -> Int {
        index == 0 ? first.load(ordering: .sequentiallyConsistent) : second.load(ordering: .sequentiallyConsistent)
    }

    func set(_ index: Int, _ number: Int) {
        if index == 0 {
            first.store(number, ordering: .sequentiallyConsistent)
        } else {
            second.store(number, ordering: .sequentiallyConsistent)
        }
    }

    var isOver: Bool { over.load(ordering: .relaxed) }
    func end() { over.store(true, ordering: .relaxed) }
}

/// A thread of its own, so that the test does not depend on how many tasks can run at once.
private final class PosixThread {
    private var thread = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Box(body))
        let result = pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        precondition(result == 0)
    }

    func join() { pthread_join(thread, nil) }

    private final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
