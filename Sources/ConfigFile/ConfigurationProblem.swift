import ChatClient
import Supabase

/// A problem in one line of the file. It never holds a value that may be secret.
public struct ConfigurationProblem: Error, Sendable, Equatable {
    /// Counted from 1.
    public var line: Int
    public var fault: Fault

    public enum Fault: Sendable, Equatable {
        /// The line is not TOML. The column is counted from 1; it is nil in a statement of several lines.
        case syntax(column: Int?)
        /// The key or the table is defined already.
        case defined
        case unknown(key: String, nearest: String?)
        /// The name of a table in another alphabet.
        case unknownTable(String)
        /// A secret does not belong in this file.
        case secret(key: String)
        case wrongType(key: String, expected: ValueType)
        case empty(key: String)
        case notOneOf(key: String, value: String, choices: [String])
        case badAddress(key: String, ServerAddress.Invalid)
        case badUserID(key: String)
        case badProject(key: String, ProjectAddress.Invalid)
        /// The value is no e-mail address.
        case badEmail(key: String)
        /// The profile's name has a character that names of files should not have.
        case badProfileName(String)
        /// A profile has no such setting: it holds for all profiles.
        case notOfProfile(key: String)
        /// The value cannot stand in an HTTP header.
        case badCredential(key: String)
        /// The path begins with `~`, and there is no home folder.
        case noHome(key: String)
        /// The path begins with `~anna`, which only shells expand.
        case otherHome(key: String)
        case unknownKeyName(action: String, name: String)
        /// Two actions have the same key.
        case keyUsedTwice(name: String, by: String, and: String)
        case unknownColor(key: String, value: String)
        /// A template has a word in braces that is no placeholder.
        case unknownPlaceholder(key: String, name: String, nearest: String?)
    }

    public enum ValueType: Sendable, Equatable {
        case text, flag, table
        /// One name of a key, or several.
        case keyNames
    }
}
