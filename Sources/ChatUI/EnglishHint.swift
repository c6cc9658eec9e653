/// How a user whose locale is English is told that the interface, which is in Russian by default, can be in English.
public enum EnglishHint: Sendable, Hashable {
    /// The program was started by its name, so that a flag can be added.
    case flag
    /// The program was started by `make`, which passes on variables only.
    case variable

    /// What to tell. Nil if the locale is not English.
    ///
    /// - Parameter environment: `LC_ALL`, `LC_MESSAGES` and `LANG` name the locale; the first that is not empty counts
    ///   (POSIX, XBD 8.2). `make` sets `MAKELEVEL` for what it starts.
    public init?(environment: [String: String]) {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty }
        let language = locale?.prefix { $0 != "_" && $0 != "." && $0 != "@" && $0 != "-" }.lowercased()
        guard language == "en" else { return nil }
        self = environment["MAKELEVEL"] == nil ? .flag : .variable
    }
}
