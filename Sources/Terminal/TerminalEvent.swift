import ChatUI

/// An event that `Terminal.wait(until:)` returns.
public enum TerminalEvent: Sendable, Hashable {
    case input(Input)
    /// The window has a new size, or the terminal was taken back after a stop. Paint again.
    case resized(Size)
    /// Another thread called `Waker.wake()` at least once.
    case woken
    /// The deadline has passed.
    case deadline
    /// A signal asks the program to end: SIGTERM, SIGHUP or SIGINT.
    case terminate(signal: Int32)
    /// The terminal is gone. No more input will come.
    case hungUp
}
