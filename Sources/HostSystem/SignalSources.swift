import Dispatch
import Foundation

/// Tells of signals on a thread where anything may be done. What they do by default, they do no more.
public final class SignalSources: Sendable {
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    /// - Parameter handle: Is called with the signal's number, for as long as this object lives.
    public init(_ signals: [Int32], _ handle: @escaping @Sendable (Int32) -> Void) {
        sources = signals.map { number in
            signal(number, SIG_IGN)  // the dispatch source hears of it all the same
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { handle(number) }
            source.resume()
            return source
        }
    }
}
