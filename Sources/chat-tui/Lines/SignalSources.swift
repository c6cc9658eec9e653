import Dispatch
import Foundation
import Terminal

/// Tells of signals that would otherwise end the program, on a thread where anything may be done; not of those that were
/// ignored when it started. After that `LineOutput` waits for nobody any more.
final class SignalSources {
    private let sources: [any DispatchSourceSignal]

    init(_ signals: [Int32], _ handle: @escaping @Sendable (Int32) -> Void) {
        sources = signals.filter { !IgnoredSignals.atStart.contains($0) }.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                handle(number)
                Interruption.set()
            }
            source.resume()
            return source
        }
    }
}

/// The program was asked to end: a descriptor that can be read from then on.
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
