import ChatUI

/// What `Terminal.wait(until:)` waited for.
public enum TerminalEvent: Sendable, Hashable {
    case input(Input)
    /// The window has this size now, or the terminal was taken back after a stop: paint.
    case resized(Size)
    /// Another thread called `Waker.wake()`, once or more.
    case woken
    /// The time that was given has come.
    case deadline
    /// Someone asked the program to end: SIGTERM, SIGHUP or SIGINT.
    case terminate(signal: Int32)
    /// The terminal is gone. No more input will come.
    case hungUp
}
