/// Where the programs keep their files and find each other, by the XDG Base Directory Specification 0.8.
///
/// What is nil has no place: neither its variable nor `HOME` names one.
public struct StandardFolders: Sendable, Hashable {
    public let home: String?
    public let data: String?
    public let state: String?
    public let config: String?
    private let runtime: String?

    /// From the environment. As the specification says, a variable that is empty or no absolute path counts as unset.
    /// - `isHome`: Whether this can be somebody's home.
    /// - `isRuntime`: Whether only this user can write to this folder.
    public init(
        environment: [String: String], isHome: (String) -> Bool = { _ in true },
        isRuntime: (String) -> Bool = { _ in true }
    ) {
        func folder(_ name: String) -> String? {
            environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        let home = folder("HOME").flatMap { isHome($0) ? $0 : nil }
        self.home = home
        data = folder("XDG_DATA_HOME") ?? home.map { $0 + "/.local/share" }
        state = folder("XDG_STATE_HOME") ?? home.map { $0 + "/.local/state" }
        config = folder("XDG_CONFIG_HOME") ?? home.map { $0 + "/.config" }
        runtime = folder("XDG_RUNTIME_DIR").flatMap { isRuntime($0) ? $0 : nil }
    }

    /// The Unix socket of this user's own server.
    public var localSocket: String? {
        (runtime.map { $0 + "/chat-tui" } ?? state.map { $0 + "/chat-tui/run" }).map { $0 + "/server.sock" }
    }

    /// The server's database, unless it is told another.
    public var serverStore: String? { data.map { $0 + "/chat-server/chat.sqlite" } }

    /// Where a server that a client started writes its log.
    public var serverLog: String? { state.map { $0 + "/chat-server/chat-server.log" } }

    /// Where chat-tui keeps history, drafts and unsent messages.
    public var clientData: String? { data.map { $0 + "/chat-tui" } }

    /// The settings of chat-tui.
    public var clientConfig: String? { config.map { $0 + "/chat-tui/config.toml" } }

    public var clientLog: String? { state.map { $0 + "/chat-tui/chat-tui.log" } }

    /// From the environment, with a look at what is there. A home that is no folder is none: `/dev/null` is that of many
    /// services. A runtime folder that others may write to is left alone, since they could put their socket there.
    public static func found(environment: [String: String]) -> StandardFolders {
        StandardFolders(environment: environment, isHome: PrivateFolder.canBe, isRuntime: PrivateFolder.isOwn)
    }
}
