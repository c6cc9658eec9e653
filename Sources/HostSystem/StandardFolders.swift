import Foundation

/// The folders in which the programs keep their files and find each other, by the XDG Base Directory Specification 0.8.
///
/// A folder is nil if neither its variable nor `HOME` names it.
public struct StandardFolders: Sendable, Hashable {
    public let home: String?
    public let data: String?
    public let state: String?
    public let config: String?
    private let runtime: String?

    /// Reads the environment. As the specification says, a variable that is empty or not an absolute path counts as
    /// unset.
    /// - Parameters:
    ///   - isHome: Returns whether the path can be a home folder.
    ///   - isRuntime: Returns whether only this user can write to the folder.
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

    /// The default path of the server's database.
    public var serverStore: String? { data.map { $0 + "/chat-server/chat.sqlite" } }

    /// The path of the log of a server that a client has started.
    public var serverLog: String? { state.map { $0 + "/chat-server/chat-server.log" } }

    /// The folder in which chat-tui keeps history, drafts and unsent messages.
    public var clientData: String? { data.map { $0 + "/chat-tui" } }

    /// The settings file of chat-tui.
    public var clientConfig: String? { config.map { $0 + "/chat-tui/config.toml" } }

    public var clientLog: String? { state.map { $0 + "/chat-tui/chat-tui.log" } }

    /// Reads the environment and checks the folders. A home that is not a folder does not count; for example, many
    /// services have `/dev/null` as home. A runtime folder that others may write to is not used, because they could put
    /// their own socket there.
    public static func found(environment: [String: String]) -> StandardFolders {
        StandardFolders(
            environment: knowingRuntime(environment, user: geteuid()), isHome: PrivateFolder.canBe,
            isRuntime: PrivateFolder.isOwn)
    }

    /// The environment with the runtime folder that systemd makes. `su`, `cron` and `ssh` start programs without the
    /// variable, and they have to find the server that others use.
    static func knowingRuntime(_ environment: [String: String], user: uid_t) -> [String: String] {
        guard environment["XDG_RUNTIME_DIR"] == nil else { return environment }
        return environment.merging(["XDG_RUNTIME_DIR": "/run/user/\(user)"]) { given, _ in given }
    }
}
