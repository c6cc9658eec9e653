import ArgumentParser
import ChatServer
import ChatWire
import SQLiteStore
import ServerRuntime

#if Cluster
import PostgresStore
#endif

/// The database's location. Every command uses this type, so that the option has one name: the library also passes a
/// subcommand's options to the command above it.
struct StoreOption: ParsableArguments {
    @Option(
        help:
            "Where messages are kept: \(Self.forms) (default: sqlite:$XDG_DATA_HOME/chat-server/chat.sqlite)",
        completion: .list(Self.beginnings))
    var store: String?

    private var text: String? {
        store ?? ServerOptions.variable("STORE") ?? ServerOptions.environment["DATABASE_URL"]
    }

    /// Whether the operator named the database. Otherwise it is the standard one.
    var isNamed: Bool { text != nil }

    func parsed() throws -> ServerSettings.Store {
        guard let text else {
            guard let path = ServerOptions.folders.serverStore else {
                throw ValidationError(
                    "Neither HOME nor --store says where to keep messages: HOME must be a folder, or give --store.")
            }
            return .sqlite(path: path)
        }
        if text == "memory:" { return .memory }
        if text.hasPrefix("sqlite:"), text.count > "sqlite:".count {
            return .sqlite(path: try ServerOptions.path(String(text.dropFirst("sqlite:".count)), "--store"))
        }
        if Self.isPostgres(text) { return try postgres(text) }
        // The text may hold a password, so it is not shown.
        throw ValidationError("--store, or DATABASE_URL, is \(Self.forms).")
    }

    private static func isPostgres(_ text: String) -> Bool {
        text.hasPrefix("postgres://") || text.hasPrefix("postgresql://")
    }

    /// Runs a command on a database that exists already, beside the servers that use it.
    func withStore<Value>(_ body: (any MessageStore) async throws -> Value) async throws -> Value {
        switch try parsed() {
        case .other(let open):
            return try await withDatabase {
                let store = try await open()
                do {
                    let value = try await body(store)
                    try await store.close()
                    return value
                } catch {
                    try? await store.close()
                    throw error
                }
            }
        case .sqlite, .memory:
            let path = try path(inPostgreSQL: "")
            return try await withDatabase { try await body(SQLiteStore(path: path, as: .command)) }
        }
    }

    /// The database's file, for a command that needs one.
    /// - Parameter way: What an operator does in PostgreSQL instead.
    func path(inPostgreSQL way: String) throws -> String {
        switch try parsed() {
        case .sqlite(let path): return path
        case .other: throw ValidationError("This command works on SQLite's file only. In PostgreSQL: \(way)")
        case .memory: throw ValidationError("--store memory: ends with its server; name the file of a database.")
        }
    }
}

#if Cluster
extension StoreOption {
    private static let forms = "sqlite:PATH, memory: or postgres://HOST/DATABASE"
    private static let beginnings = ["sqlite:", "memory:", "postgres://"]

    private func postgres(_ text: String) throws -> ServerSettings.Store {
        let address = try Self.address(text)
        return .other { () throws(StoreOpenError) in try await PostgresStore(address) }
    }

    /// The database in PostgreSQL, for a command that needs one.
    func postgres() throws -> DatabaseAddress {
        guard let text, Self.isPostgres(text) else {
            throw ValidationError("Name the database in PostgreSQL: --store postgres://OWNER@HOST/DATABASE.")
        }
        return try Self.address(text)
    }

    private static func address(_ text: String) throws -> DatabaseAddress {
        do {
            return try DatabaseAddress(text)
        } catch {
            throw ValidationError("--store, or DATABASE_URL, is no address that libpq understands.")
        }
    }
}
#else
extension StoreOption {
    private static let forms = "sqlite:PATH or memory:"
    private static let beginnings = ["sqlite:", "memory:"]

    private func postgres(_ text: String) throws -> ServerSettings.Store {
        throw ValidationError(
            "This chat-server was built without PostgreSQL: build it with `make build-cluster`, or give sqlite:PATH."
        )
    }
}
#endif

/// Runs a command on a database. Errors become a sentence and one of the server's exit codes.
func withDatabase<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch let error as StoreOpenError {
        throw OperatorFailure(description: "\(error)", exitCode: ExitCode(StartFailure.store(error).exitCode))
    } catch let error as StoreError {
        throw OperatorFailure(description: "the database failed: \(error)")
    }
}

struct OperatorFailure: Error, CustomStringConvertible {
    var description: String
    var exitCode = ExitCode.failure
}

extension UserID {
    init(argument: String) throws {
        guard let user = UserID(argument), !user.isBlank else {
            throw ValidationError(
                "ID is 1 to \(UserID.maxLength) characters without control characters, and not blank.")
        }
        self = user
    }
}
