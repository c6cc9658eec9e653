/// Where the programs keep their files and find each other, by the XDG Base Directory Specification 0.8.
public struct StandardFolders: Sendable, Hashable {
    public let data: String
    public let state: String
    public let config: String
    private let runtime: String?

    /// From the environment. As the specification says, a variable that is empty or no absolute path counts as unset.
    /// Nil if there is not even a home folder.
    public init?(environment: [String: String]) {
        func folder(_ name: String) -> String? {
            environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        let home = folder("HOME")
        guard let data = folder("XDG_DATA_HOME") ?? home.map({ $0 + "/.local/share" }),
            let state = folder("XDG_STATE_HOME") ?? home.map({ $0 + "/.local/state" }),
            let config = folder("XDG_CONFIG_HOME") ?? home.map({ $0 + "/.config" })
        else { return nil }
        self.data = data
        self.state = state
        self.config = config
        runtime = folder("XDG_RUNTIME_DIR")
    }

    /// The Unix socket of this user's own server.
    public var localSocket: String {
        (runtime.map { $0 + "/chat-tui" } ?? state + "/chat-tui/run") + "/server.sock"
    }

    /// The server's database, unless it is told another.
    public var serverStore: String { data + "/chat-server/chat.sqlite" }

    /// Where a server that a client started writes its log.
    public var serverLog: String { state + "/chat-server/chat-server.log" }

    /// Where chat-tui keeps history, drafts and unsent messages.
    public var clientData: String { data + "/chat-tui" }

    /// The settings of chat-tui.
    public var clientConfig: String { config + "/chat-tui/config.toml" }

    public var clientLog: String { state + "/chat-tui/chat-tui.log" }
}
