import ChatWire
import Supabase

/// The content of the session's file: JSON with the version 1.
struct AccountFile: Sendable {
    var project: ProjectAddress
    var key: ProjectKey
    var user: AccountUser
    /// The tokens are in the keyring if this is nil.
    var state: StoredAccount.State?
    /// A new number for each log-in, which its refreshes keep. Nil: one of the first version.
    var logIn: Int?
    /// A new number for each state that went to the keyring, so that a reader knows without asking whether it is the one
    /// that it has.
    var keyringEntry: Int?
    /// Which of the keyring's slots has the tokens. Nil: the one of the first version, which had one.
    var keyringSlot: Int?

    var owner: StoredAccount.Owner { StoredAccount.Owner(project: project, user: user.id) }

    /// What tells a log-in from any other, even from one of the same person.
    struct LogIn: Sendable, Hashable {
        var owner: StoredAccount.Owner
        var number: Int?
        var key: ProjectKey
    }

    init(_ account: StoredAccount) {
        (project, key, user, state) = (account.project, account.key, account.user, account.state)
    }

    func account(_ state: StoredAccount.State) -> StoredAccount {
        StoredAccount(project: project, key: key, user: user, state: state)
    }
}

extension AccountFile: JSONEncodable, JSONDecodable {
    private static let version = 1

    func encode(to json: inout JSONWriter) {
        json.object {
            $0.member("version", Self.version)
            $0.member("project", project.url)
            $0.member("key", key.text)
            $0.member("user", user.id.wire)
            $0.member("email", ifPresent: user.email)
            $0.member("name", ifPresent: user.name)
            $0.member("log_in", ifPresent: logIn)
            switch state {
            case .active(let tokens): $0.member("tokens", tokens)
            case .ended(let end): $0.member("ended", end.rawValue)
            case nil:
                $0.member("keyring", keyringEntry ?? 0)
                $0.member("slot", ifPresent: keyringSlot)
            }
        }
    }

    init(json: JSONValue) throws(WireCodec.Malformed) {
        guard try json.read("version", as: Int.self) == Self.version else { throw .invalid("another version") }
        guard let project = try? ProjectAddress(json.read("project", as: String.self)),
            let key = try? ProjectKey(json.read("key", as: String.self)),
            let id = UserID(try json.read("user", as: String.self))
        else { throw .invalid("no session") }
        (self.project, self.key) = (project, key)
        user = AccountUser(id: id, email: try json.readIfPresent("email"), name: try json.readIfPresent("name"))
        logIn = try json.readIfPresent("log_in", in: 0...Int.max)
        keyringEntry = try json.readIfPresent("keyring", in: 0...Int.max)
        keyringSlot = try json.readIfPresent("slot", in: 0...1)
        if keyringEntry != nil {
            state = nil
        } else if let end = try json.readIfPresent("ended", as: String.self) {
            state = .ended(SessionEnd(rawValue: end) ?? .gone)
        } else {
            state = .active(try json.read("tokens"))
        }
    }
}

/// What the keyring keeps: the tokens, and whose they are, so that they are never used under another's name.
struct KeyringSecret: Sendable, JSONEncodable, JSONDecodable {
    var tokens: StoredAccount.Tokens
    /// Nil in a secret of the first version, which belongs to the file beside it.
    var owner: StoredAccount.Owner?

    init(_ tokens: StoredAccount.Tokens, of owner: StoredAccount.Owner) { (self.tokens, self.owner) = (tokens, owner) }

    func encode(to json: inout JSONWriter) {
        json.object {
            tokens.encodeMembers(to: &$0)
            $0.member("project", ifPresent: owner?.project.url)
            $0.member("user", ifPresent: owner?.user.wire)
        }
    }

    init(json: JSONValue) throws(WireCodec.Malformed) {
        tokens = try StoredAccount.Tokens(json: json)
        guard let url = try json.readIfPresent("project", as: String.self) else { return }
        guard let project = try? ProjectAddress(url), let user = UserID(try json.read("user", as: String.self)) else {
            throw .invalid("nobody's")
        }
        owner = StoredAccount.Owner(project: project, user: user)
    }
}

extension StoredAccount.Tokens: JSONObjectEncodable, JSONDecodable {
    public func encodeMembers(to json: inout JSONWriter) {
        json.member("access", access)
        json.member("refresh", refresh)
        json.member("lifetime", Int(lifetime.components.seconds))
        json.member("received", Int(received.seconds))
    }

    public init(json: JSONValue) throws(WireCodec.Malformed) {
        let tokens = (try json.read("access", as: String.self), try json.read("refresh", as: String.self))
        // A line break in a token would begin a new header field.
        guard [tokens.0, tokens.1].allSatisfy({ $0.utf8.allSatisfy { (0x21...0x7E).contains($0) } && !$0.isEmpty })
        else { throw .invalid("not a token") }
        guard let lifetime = try json.readIfPresent("lifetime", in: 0...1 << 32),
            let received = try json.readIfPresent("received", in: 0...1 << 40)
        else { throw .invalid("no time") }
        self.init(
            access: tokens.0, refresh: tokens.1, lifetime: .seconds(lifetime),
            received: Timestamp(seconds: Int64(received)))
    }
}
