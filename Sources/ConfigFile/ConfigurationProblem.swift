import ChatClient

/// What is wrong in a line of the file. It never holds a value that may be secret.
public struct ConfigurationProblem: Error, Sendable, Equatable {
    /// Counted from 1.
    public var line: Int
    public var fault: Fault

    public enum Fault: Sendable, Equatable {
        /// No TOML. The column is counted from 1; nil in a statement of several lines.
        case syntax(column: Int?)
        /// The key or the table is there once more.
        case defined
        case unknown(key: String, nearest: String?)
        /// A secret has to be elsewhere.
        case secret(key: String)
        case wrongType(key: String, expected: ValueType)
        case empty(key: String)
        case notOneOf(key: String, value: String, choices: [String])
        case badAddress(key: String, ServerAddress.Invalid)
        case badUserID(key: String)
        /// Not what goes into a header.
        case badCredential(key: String)
        /// `~` without a home folder.
        case noHome(key: String)
        /// `~anna`, which only shells know.
        case otherHome(key: String)
        case unknownKeyName(action: String, name: String)
        /// Two actions have the same key.
        case keyUsedTwice(name: String, by: String, and: String)
        case unknownColor(key: String, value: String)
    }

    public enum ValueType: Sendable, Equatable {
        case text, flag, table
        /// One key's name or several.
        case keyNames
    }
}
