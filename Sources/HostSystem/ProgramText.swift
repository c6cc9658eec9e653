import Foundation

/// What the program was called with. Both arguments and variables are bytes, and reading them as text replaces those that
/// are no UTF-8: one user would become another, one file another.
public enum ProgramText {
    public enum Misencoded: Sendable, Hashable {
        /// Counted from 1.
        case argument(Int)
        case variable(String)
    }

    /// The first that is not UTF-8. Of the variables, those that the programs read.
    public static func misencoded() -> Misencoded? {
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

    private static func isUTF8(_ text: UnsafePointer<CChar>) -> Bool { String(validatingCString: text) != nil }

    private static func isRead(_ name: Substring) -> Bool {
        ["HOME", "DATABASE_URL"].contains(name)
            || ["CHAT_TUI_", "CHAT_SERVER_", "XDG_", "SUPABASE_"].contains(where: name.hasPrefix)
    }
}

/// A path that somebody gave, where `~` is the home folder, also where the shell leaves it: `--data-dir='~/x'`.
public enum UserPath {
    public enum Invalid: Error, Sendable, Hashable {
        case empty
        /// `~` without a home.
        case homeless
        /// `~anna`, which only shells know.
        case otherHome
    }

    public static func expand(_ path: String, home: String?) throws(Invalid) -> String {
        if path.isEmpty { throw .empty }
        guard path.hasPrefix("~") else { return path }
        guard path == "~" || path.hasPrefix("~/") else { throw .otherHome }
        guard let home else { throw .homeless }
        return home + path.dropFirst()
    }
}
