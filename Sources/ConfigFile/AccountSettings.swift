import Supabase

/// The settings that belong to one account: who the user is, and where. Those at the top of the file belong to the
/// account without a name, and those of `[profiles.NAME]` to the account of that profile. A profile takes none of them
/// from the top of the file, so that no token and no key reaches the server of another account.
public struct AccountSettings: Sendable, Equatable {
    public var user: String?
    public var name: String?
    public var url: String?
    public var project: ProjectAddress?
    public var apiKey: String?
    public var email: String?
    public var tokenFile: String?
    /// A command line, split into words as a shell does. It prints the token.
    public var tokenCommand: String?

    public init() {}
}

/// The name of a profile. It is a part of the names of files.
public enum ProfileName {
    /// The most characters that a name may have.
    static let limit = 64

    /// Whether the text is a name: Latin letters, digits, `-` and `_`, as TOML has them in keys without quotes.
    public static func isValid(_ text: String) -> Bool {
        (1...limit).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
                default: false
                }
            }
    }
}

extension Configuration {
    /// Applies the settings of a profile in place of those at the top of the file.
    /// - Returns: whether the file has the profile.
    @discardableResult
    public mutating func use(profile name: String) -> Bool {
        account = profiles[name] ?? AccountSettings()
        return profiles[name] != nil
    }

    /// Removes the settings that belong to the file's user alone, if somebody else uses the program: the name and the
    /// token. Otherwise `--user ivan` would call Ivan by the configured user's name, and show the server a token that
    /// is not his. In a file that names no user they hold for everybody.
    public mutating func keepOnlySettings(for other: String) {
        guard let user = account.user, !user.utf8.elementsEqual(other.utf8) else { return }
        (account.name, account.tokenFile, account.tokenCommand) = (nil, nil, nil)
    }
}
