/// How another program ended.
public enum ChildEnd: Sendable, Hashable {
    case exited(code: Int32)
    case killed(signal: Int32)
    /// It is still running. This program is asked to end, and has passed that on.
    case left

    /// - Parameter status: The status from `waitpid` of a process that has ended.
    public init(status: Int32) {
        let signal = status & 0x7F
        self = signal == 0 ? .exited(code: status >> 8 & 0xFF) : .killed(signal: signal)
    }
}
