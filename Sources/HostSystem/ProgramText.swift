import Foundation

/// The program's arguments and environment variables. Both are bytes. Reading them as text replaces bytes that are not
/// UTF-8, so that one user id or path would become another.
public enum ProgramText {
    public enum InvalidEncoding: Sendable, Hashable {
        /// The number of the argument, counted from 1.
        case argument(Int)
        case variable(String)
    }

    /// Returns the first argument or variable that is not UTF-8. Only variables that the programs read are checked.
    public static func firstInvalidEncoding() -> InvalidEncoding? {
        let arguments = (1..<max(1, Int(CommandLine.argc))).compactMap { CommandLine.unsafeArgv[$0] }
        if let place = arguments.firstIndex(where: { !isUTF8($0) }) { return .argument(place + 1) }
        var next = environ
        while let variable = next.pointee {
            next += 1
            let name = String(cString: variable).prefix { $0 != "=" }
            if isRead(name), !isUTF8(variable) { return .variable(String(name)) }
        }
        return nil
    }

    /// Whether the arguments ask for a text that a program reads, in which no word may change: a shell's script, what a
    /// shell offers, or the description of all flags from which the manual pages are made.
    public static func isForPrograms(_ arguments: [String]) -> Bool {
        arguments.first?.hasPrefix("---completion") == true
            || arguments.contains { $0.hasPrefix("--generate-completion-script") || $0 == "--experimental-dump-help" }
    }

    private static func isUTF8(_ text: UnsafePointer<CChar>) -> Bool { String(validatingCString: text) != nil }

    private static func isRead(_ name: Substring) -> Bool {
        ["HOME", "DATABASE_URL"].contains(name)
            || ["CHAT_TUI_", "CHAT_SERVER_", "XDG_", "SUPABASE_"].contains(where: name.hasPrefix)
    }
}

/// A path from the user, in which `~` is the home folder. Shells do not expand it everywhere, for example in
/// `--data-dir='~/x'`.
public enum UserPath {
    public enum Invalid: Error, Sendable, Hashable {
        case empty
        /// The path has a `~`, but there is no home folder.
        case noHome
        /// The path has the form `~anna`, which only shells expand.
        case otherHome
    }

    public static func expand(_ path: String, home: String?) throws(Invalid) -> String {
        if path.isEmpty { throw .empty }
        guard path.hasPrefix("~") else { return path }
        guard path == "~" || path.hasPrefix("~/") else { throw .otherHome }
        guard let home else { throw .noHome }
        return home + path.dropFirst()
    }
}
