import Foundation
import HostSystem

extension SignalSources {
    /// The signals of commands without a screen. Signals that were ignored when the program started stay ignored. After
    /// the first signal, `LineOutput` no longer waits for a reader.
    static func ofCommand(_ handle: @escaping @Sendable (Int32) -> Void) -> SignalSources {
        let signals = [SIGINT, SIGTERM, SIGHUP].filter { !IgnoredSignals.atStart.contains($0) }
        return SignalSources(signals) { number in
            handle(number)
            Interruption.set()
        }
    }
}

/// A descriptor that becomes readable once the program is asked to end.
enum Interruption {
    private static let pipe: (readEnd: Int32, writeEnd: Int32) = {
        var ends: [Int32] = [-1, -1]
        guard Foundation.pipe(&ends) == 0 else { return (-1, -1) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        return (ends[0], ends[1])
    }()

    static var descriptor: Int32 { pipe.readEnd }

    static func set() {
        var byte: UInt8 = 0
        write(pipe.writeEnd, &byte, 1)
    }
}
