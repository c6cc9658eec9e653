import ChatUI
import Glibc

/// Waits for the terminal's bytes, the wake pipe and the clock.
final class InputSource {
    enum Event: Equatable {
        case input(Input)
        case signal(Int32)
        case woken
        case deadline
        case hungUp
    }

    private static let restDelay: Duration = .milliseconds(500)
    private static let pasteEndDelay: Duration = .seconds(5)

    private let descriptor: Int32
    private let pipe: WakePipe
    private let escapeDelay: Duration
    private let clock = ContinuousClock()
    private var parser: KeyParser
    private var silenceEnds: ContinuousClock.Instant?
    private var isHungUp = false

    init(descriptor: Int32, pipe: WakePipe, parser: KeyParser, escapeDelay: Duration) {
        self.descriptor = descriptor
        self.pipe = pipe
        self.parser = parser
        self.escapeDelay = escapeDelay
    }

    /// Everything that is ready, at least one event; `deadline` comes alone.
    func wait(until deadline: ContinuousClock.Instant?) -> [Event] {
        while true {
            let ready = poll(until: [deadline, silenceEnds].compactMap(\.self).min())
            var events = ready.pipe ? signalsAndWakes() : []
            if ready.input { events += read() }
            if let silenceEnds, silenceEnds <= clock.now { events += endSilence() }
            if !events.isEmpty { return events }
            if let deadline, deadline <= clock.now { return [.deadline] }
        }
    }

    private func poll(until instant: ContinuousClock.Instant?) -> (input: Bool, pipe: Bool) {
        let wanted = Int16(POLLIN)
        var descriptors = [
            // poll skips negative descriptors: a terminal that is gone would be ready for ever
            pollfd(fd: isHungUp ? -1 : descriptor, events: wanted, revents: 0),
            pollfd(fd: pipe.readEnd, events: wanted, revents: 0),
        ]
        let milliseconds = instant.map { clock.now.duration(to: $0).roundedUpToMilliseconds } ?? -1
        guard Glibc.poll(&descriptors, nfds_t(descriptors.count), milliseconds) > 0 else { return (false, false) }
        return (descriptors[0].revents != 0, descriptors[1].revents != 0)
    }

    private func signalsAndWakes() -> [Event] {
        let bytes = pipe.drain()
        let signals = bytes.filter { $0 != 0 }.map { Event.signal(Int32($0)) }
        return signals + (bytes.contains(0) ? [.woken] : [])
    }

    private func read() -> [Event] {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count > 0 {
            let inputs = parser.feed(buffer[..<count])
            startSilence()
            return inputs.map(Event.input)
        }
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return [] }
        isHungUp = true
        silenceEnds = nil
        return [.hungUp]
    }

    private func startSilence() {
        silenceEnds = parser.wait.map { wait in
            switch wait {
            case .escape: clock.now + escapeDelay
            case .rest: clock.now + Self.restDelay
            case .pasteEnd: clock.now + Self.pasteEndDelay
            }
        }
    }

    private func endSilence() -> [Event] {
        let inputs = parser.timeout()
        startSilence()
        return inputs.map(Event.input)
    }

    /// Forgets what was half read, as after a stop.
    func reset() {
        parser.reset()
        silenceEnds = nil
    }
}

extension Duration {
    /// For poll: never less than the time, never negative, and no overflow for a distant deadline.
    fileprivate var roundedUpToMilliseconds: Int32 {
        if self <= .zero { return 0 }
        if self > .seconds(3600) { return 3_600_000 }
        let (seconds, attoseconds) = components
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
