import ChatClient
import ChatUI
import ChatWire
import ConfigFile
import HostSystem
import Supabase
import WebSocketTransport

/// The checked values of `ConnectionOptions`.
struct ConnectionSettings: Sendable {
    enum Server: Sendable {
        /// This user's own server, on its Unix socket. It is started if it does not run.
        case local(StandardFolders, socketPath: String)
        case remote(ServerAddress)

        /// Identifies the server in the names of the files with its data.
        var identity: String {
            switch self {
            case .local: "local"
            case .remote(let address): address.authority + address.prefix
            }
        }
    }

    var user: UserID
    var server: Server
    var token: TokenSource
    /// The marketplace's project, if it is known.
    var project: ProjectAddress?
    var apiKey: String?
    var authorities: String?
    var heartbeat: Heartbeat.Settings
    /// Nil if no folder for a log is known.
    var logFile: String?
    /// Whether the user named the log file. Otherwise it is the standard one.
    var isLogFileNamed: Bool
    /// The folder of history, drafts and unsent messages.
    var dataFolder: String
    /// The profile that the user named.
    var profile: String?
    var places = ServerLabel.Places()
    /// The content of the settings file.
    var configuration: Configuration

    /// What messages about the connection and the history name.
    var label: ServerLabel {
        let address =
            switch server {
            case .local(_, let path): path
            case .remote(let address): address.hostAndPort
            }
        let token: ServerLabel.Token =
            switch self.token {
            case .none: .none
            case .text: .given
            case .file(let path): .file(path: path)
            case .command: .command
            case .session(let session): .session(profile: session.profile)
            }
        return ServerLabel(address: address, token: token, places: places, dataFolder: dataFolder)
    }
}
