import ChatWire

/// Which user ids a store has.
public enum UserIDForm: Sendable {
    /// Whatever `UserID` allows.
    case any
    /// UUIDs as PostgreSQL prints them: 36 characters, in lower case and with hyphens. PostgreSQL reads other spellings as
    /// the same user, and everything else in the chat would take them for another one. So nobody has such an id.
    case uuid

    public func allows(_ user: UserID) -> Bool {
        switch self {
        case .any: true
        case .uuid: UUIDText.isCanonical(user.wire)
        }
    }

    /// What an id is, for somebody who has given another one.
    public var sentence: String {
        switch self {
        case .any: "an id is 1 to \(UserID.maxLength) characters without control characters"
        case .uuid: "an id is a UUID in lower case here, such as 0f8fad5b-d9cb-469f-a165-70867728950e"
        }
    }
}
