/// What messages about the connection and the history name: the server, what the user proves their identity with, and
/// where the history is kept.
public struct ServerLabel: Sendable, Hashable {
    public enum Token: Sendable, Hashable {
        case none
        /// From a flag or a variable.
        case given
        case file(path: String)
        /// From the setting `token-command`.
        case command
        /// From the session of `chat-tui login`.
        case session(profile: String?)
    }

    /// Where the user has set a value. A message about the value says to look there.
    public enum Place: Sendable, Hashable {
        case flag
        /// The environment variable for the flag.
        case variable
        /// The settings file.
        case file(path: String)
    }

    public struct Places: Sendable, Hashable {
        public var user: Place
        public var url: Place
        public var token: Place

        public init(user: Place = .flag, url: Place = .flag, token: Place = .flag) {
            self.user = user
            self.url = url
            self.token = token
        }
    }

    /// `HOST:PORT`, or the path of the local socket.
    public var address: String
    public var token: Token
    public var places: Places
    /// The folder of the local history. Nil for a program that keeps none.
    public var dataFolder: String?

    public init(address: String, token: Token, places: Places = Places(), dataFolder: String? = nil) {
        self.address = address
        self.token = token
        self.places = places
        self.dataFolder = dataFolder
    }

    var hasToken: Bool { token != .none }
}
