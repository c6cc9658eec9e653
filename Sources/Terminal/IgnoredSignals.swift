import Glibc

/// The signals that whoever started this program wants ignored, as nohup does, and a shell for a job in the background.
/// They stay ignored, here and in the programs that this one starts.
public enum IgnoredSignals {
    /// As it was at the first look, which has to come before anything changes it.
    public static let atStart: Set<Int32> = Set((1...64).filter(isIgnored))

    private static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        return sigaction(signal, nil, &action) == 0 && action.ignores
    }
}
