import ChatClient
import ChatWire
import ConfigFile
import HostSystem
import WebSocketTransport

/// `ConnectionOptions`, checked.
struct ConnectionSettings: Sendable {
    enum Server: Sendable {
        /// This user's own, on its Unix socket; it is started where none runs.
        case local(StandardFolders, socketPath: String)
        case remote(ServerAddress)

        /// What tells its data from another server's.
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
    var apiKey: String?
    var authorities: String?
    var heartbeat: Heartbeat.Settings
    /// Nil: there is no place for one.
    var logFile: String?
    /// By the user. Otherwise it is at its usual place.
    var isLogFileNamed: Bool
    /// Where history, drafts and unsent messages are kept.
    var dataFolder: String
    /// What the settings file says of the rest.
    var configuration: Configuration
}
