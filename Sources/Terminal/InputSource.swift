import CLibrary
import ChatUI

/// Waits for the terminal's bytes, the wake pipe and the clock.
final class InputSource {
    enum Event: Equatable {
        case input(Input)
        case signal(Int32)
        case woken
        /// The terminal accepts more output.
        case writable
        case deadline
        case hungUp
    }

    private static let restDelay: Duration = .milliseconds(500)
    private static let lateRestDelay: Duration = .seconds(1)
    private static let pasteEndDelay: Duration = .seconds(5)
    /// How long a lone ESC waits on a link that delivers sequences in pieces.
    private static let slowEscapeDelay: Duration = .milliseconds(300)
    /// In milliseconds: how long the next part of an unbracketed paste may take.
    private static let burstGap: Int32 = 30
    /// Input within this time after a paste still belongs to it. Nobody presses Enter that soon after pasting.
    private static let unbracketedPasteDelay: Duration = .milliseconds(150)
    /// In bytes: somewhat less than a pseudo terminal delivers at once. After a read of this size more may follow.
    private static let longRead = 1000

    private let descriptor: Int32
    private let pipe: WakePipe
    private let escapeDelay: Duration
    private let pasteMarks: PasteMarks
    private let clock = ContinuousClock()
    private var parser: KeyParser
    private var silenceEnds: ContinuousClock.Instant?
    private var unbracketedPaste = UnbracketedPaste()
    private var unbracketedPasteEnds: ContinuousClock.Instant?
    private var isHungUp = false

    init(
        descriptor: Int32, pipe: WakePipe, parser: KeyParser, escapeDelay: Duration, pasteMarks: PasteMarks
    ) {
        self.descriptor = descriptor
        self.pipe = pipe
        self.parser = parser
        self.escapeDelay = escapeDelay
        self.pasteMarks = pasteMarks
    }

    /// Waits for events and returns all that are ready, at least one. `deadline` is returned only if there is no other.
    /// - Parameter output: The descriptor that bytes wait to be written to; nil if none do.
    func wait(until deadline: ContinuousClock.Instant?, output: Int32? = nil) -> [Event] {
        while true {
            let ready = poll(until: [deadline, silenceEnds].compactMap(\.self).min(), output: output)
            var events = ready.pipe ? signalsAndWakes() : []
            if ready.output { events.append(.writable) }
            if ready.input { events += read() }
            if let silenceEnds, silenceEnds <= clock.now { events += endSilence() }
            if !events.isEmpty { return events }
            if let deadline, deadline <= clock.now { return [.deadline] }
        }
    }

    private func poll(
        until instant: ContinuousClock.Instant?, output: Int32?
    ) -> (input: Bool, pipe: Bool, output: Bool) {
        let wanted = Int16(POLLIN)
        var descriptors = [
            // `poll` skips negative descriptors. A terminal that is gone would always be ready.
            pollfd(fd: isHungUp ? -1 : descriptor, events: wanted, revents: 0),
            pollfd(fd: pipe.readEnd, events: wanted, revents: 0),
            pollfd(fd: output ?? -1, events: Int16(POLLOUT), revents: 0),
        ]
        let milliseconds = instant.map { clock.now.duration(to: $0).roundedUpToMilliseconds } ?? -1
        guard CLibrary.poll(&descriptors, nfds_t(descriptors.count), milliseconds) > 0 else {
            return (false, false, false)
        }
        return (descriptors[0].revents != 0, descriptors[1].revents != 0, descriptors[2].revents != 0)
    }

    private func signalsAndWakes() -> [Event] {
        let bytes = pipe.drain()
        let signals = bytes.filter { $0 != 0 }.map { Event.signal(Int32($0)) }
        return signals + (bytes.contains(0) ? [.woken] : [])
    }

    private func read() -> [Event] {
        var bytes: [UInt8] = []
        repeat {
            var buffer = [UInt8](repeating: 0, count: 16_384)
            let count = CLibrary.read(descriptor, &buffer, buffer.count)
            if count <= 0, !bytes.isEmpty { break }  // the next call tells why
            if count < 0 && (errno == EAGAIN || errno == EINTR) { return [] }
            guard count > 0 else {
                isHungUp = true
                silenceEnds = nil
                return [.hungUp]
            }
            bytes += buffer[..<count]
        } while mayBePaste(bytes) && comesMore()
        let inputs = withPastes(parser.feed(bytes))
        startSilence()
        return inputs.map(Event.input)
    }

    /// Whether these bytes may be the first lines of an unbracketed paste. A read may cut a paste anywhere.
    private func mayBePaste(_ bytes: [UInt8]) -> Bool {
        guard bytes.count < PasteBuffer.limit else { return false }
        return switch pasteMarks {
        case .always: false
        // A program that types a line and Enter at once may type the next line soon.
        case .sometimes: bytes.count >= Self.longRead
        case .never: bytes.count >= Self.longRead || bytes.count > 1 && bytes.contains(UInt8(ascii: "\r"))
        }
    }

    private func comesMore() -> Bool {
        var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        return CLibrary.poll(&descriptors, 1, Self.burstGap) > 0 && descriptors[0].revents & Int16(POLLIN) != 0
    }

    private func withPastes(_ inputs: [Input]) -> [Input] {
        if case .always = pasteMarks { return UnbracketedPaste.withoutLineFeeds(inputs) }
        if let unbracketedPasteEnds, unbracketedPasteEnds <= clock.now { unbracketedPaste.end() }
        let result = unbracketedPaste.take(inputs)
        // More than one key at once is still the paste, since a person who types presses one key at a time.
        if unbracketedPaste.isOpen, inputs.count > 1 { unbracketedPasteEnds = clock.now + Self.unbracketedPasteDelay }
        return result
    }

    private func startSilence() {
        silenceEnds = parser.wait.map { wait in
            switch wait {
            case .escape: clock.now + (parser.isLinkSlow ? max(escapeDelay, Self.slowEscapeDelay) : escapeDelay)
            case .lateRest: clock.now + Self.lateRestDelay
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

    /// Discards incomplete input, as after a stop.
    func reset() {
        parser.reset()
        unbracketedPaste.end()
        silenceEnds = nil
    }
}

extension Duration {
    /// Rounded up, never negative, and without overflow for a distant deadline.
    fileprivate var roundedUpToMilliseconds: Int32 {
        if self <= .zero { return 0 }
        if self > .seconds(3600) { return 3_600_000 }
        let (seconds, attoseconds) = components
        return Int32(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
