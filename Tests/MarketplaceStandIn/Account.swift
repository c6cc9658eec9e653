import Foundation

/// Somebody who can log in.
public struct Account: Sendable {
    public var id: String
    public var email: String
    /// `nil` for people who only log in with a code or through a provider.
    public var password: String?
    public var isConfirmed = true
    public var isBanned = false
    /// `user_metadata`: what a program or a provider stored of the user, such as `full_name`.
    public var metadata: JSON
    /// The secret of the authenticator in Base32; with it, the account has a second factor.
    public var authenticatorSecret: String?
    /// The row of `users` that PostgREST shows; `nil` where there is none.
    public var profile: Profile?

    let factorID = UUID().uuidString.lowercased()
    var createdAt = Date.now.timeIntervalSince1970
    var lastSignInAt: Double?
    var code: OneTimeCode?

    public struct Profile: Sendable {
        public var fullName: String?
        public var avatarURL: String?
        /// Whose token lets them read the row.
        public var visibility = Visibility.everybody

        public init(fullName: String?, avatarURL: String? = nil, visibility: Visibility = .everybody) {
            self.fullName = fullName
            self.avatarURL = avatarURL
            self.visibility = visibility
        }
    }

    /// An account of the name and the address. Without an `id` it gets a new one.
    public init(
        _ email: String, password: String? = nil, id: String = UUID().uuidString.lowercased(), name: String? = nil,
        authenticatorSecret: String? = nil
    ) {
        self.email = email
        self.password = password
        self.id = id
        self.authenticatorSecret = authenticatorSecret
        metadata = name.map { ["full_name": .string($0), "name": .string($0)] } ?? [:]
        profile = Profile(fullName: name)
    }
}

/// Who may read a row, as row-level security decides by the token's `sub`.
public enum Visibility: Sendable {
    case everybody
    /// Whoever is logged in.
    case users
    case only(Set<String>)

    func lets(_ user: String?) -> Bool {
        switch self {
        case .everybody: true
        case .users: user != nil
        case .only(let users): user.map(users.contains) ?? false
        }
    }
}

/// A row of `products`.
public struct Product: Sendable {
    public var id: String
    public var title: String?
    public var price: JSON
    public var seller: String
    public var visibility: Visibility

    public init(
        id: String = UUID().uuidString.lowercased(), title: String?, price: JSON = nil, seller: String,
        visibility: Visibility = .everybody
    ) {
        self.id = id
        self.title = title
        self.price = price
        self.seller = seller
        self.visibility = visibility
    }
}

/// A mail that the service sent.
public struct Mail: Sendable {
    public enum Kind: String, Sendable {
        /// To somebody new: the code confirms the address as well.
        case confirmation = "signup"
        case magicLink = "magiclink"
    }

    public var to: String
    public var kind: Kind
    public var code: String
    /// The address that a click in the mail opens.
    public var link: String
}

/// A code that was mailed and not used.
struct OneTimeCode: Sendable {
    var kind: Mail.Kind
    var code: String
    var hash: String
    var sentAt: Double
    var isUsed = false
}
