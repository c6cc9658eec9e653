import Dispatch
import Foundation

/// Handles signals on a normal thread, where any function may be called. The default action of these signals is
/// disabled.
public final class SignalSources: Sendable {
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    /// - Parameter handle: Called with the number of each signal, as long as this object lives.
    public init(_ signals: [Int32], _ handle: @escaping @Sendable (Int32) -> Void) {
        sources = signals.map { number in
            signal(number, SIG_IGN)  // the dispatch source gets it nevertheless
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { handle(number) }
            source.resume()
            return source
        }
    }
}
