import ArgumentParser
import ServerRuntime

#if Cluster
import ChatServer
import NATSBus

/// The options of a node among several.
struct ClusterOptions: ParsableArguments {
    @Option(
        help: "What connects the servers of one database: nats://HOST or tls://HOST. (default: PostgreSQL's NOTIFY)",
        completion: .list(["nats://", "tls://"]))
    var bus: String?

    @Option(help: "This server's name in /metrics. (default: the host's name and a random part)")
    var node: String?

    func apply(to settings: inout ServerSettings) throws {
        settings.nodeName = node ?? ServerOptions.variable("NODE")
        if let name = settings.nodeName, !NodeID.isName(name) {
            throw ValidationError("--node is this server's name: \(NodeID.nameSentence).")
        }
        let text = bus ?? ServerOptions.variable("BUS")
        switch settings.store {
        case .other: break
        case .sqlite, .memory:
            if text != nil {
                throw ValidationError("--bus connects servers on one database in PostgreSQL: add --store postgres://….")
            }
            if settings.nodeName != nil {
                throw ValidationError(
                    "--node names one of several servers on one database in PostgreSQL: add --store postgres://….")
            }
        }
        guard let text else { return }
        guard let address = NATSAddress(text) else {
            // The text may hold a password, so it is not shown.
            throw ValidationError(
                """
                --bus is nats://HOST:PORT/NAME or tls://…, with up to \(NATSAddress.longestName) letters, digits, - and _ in \
                the name.
                """)
        }
        settings.bus = { node, database throws(StartFailure) in
            do throws(NATSBus.Failure) {
                return try NATSBus(address, node: node, database: database)
            } catch {
                throw .bus(error.description)
            }
        }
    }
}
#else
/// A server that was built without the trait Cluster is the only node of its database.
struct ClusterOptions: ParsableArguments {
    func apply(to settings: inout ServerSettings) throws {}
}
#endif
