import Dispatch
import Foundation

/// Tells of signals that would otherwise end the program, on a thread where anything may be done. A pipe whose reader is
/// gone is not one of them: writing to it fails.
final class SignalSources {
    private let sources: [any DispatchSourceSignal]

    init(_ signals: [Int32], _ handle: @escaping @Sendable (Int32) -> Void) {
        signal(SIGPIPE, SIG_IGN)
        sources = signals.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { handle(number) }
            source.resume()
            return source
        }
    }
}
