#if Cluster

import CNats
import ChatServer
import Foundation
import Synchronization

/// The bus on NATS (core NATS, without JetStream), by libnats. Every node hears everything, so the nodes of one database
/// have one subject.
public final class NATSBus: DeliveryBus {
    /// Why there is no connection.
    public struct Failure: Error, CustomStringConvertible {
        public var description: String
    }

    public let node: NodeID
    public let name: String
    private let connection: NATSConnection
    private let writer: Mutex<ParcelWriter>
    private let inbox = Inbox()

    /// Connects. Later losses of the connection are mended without an end.
    ///
    /// - Parameter database: What sets the database's nodes apart from those of others on the same server.
    public init(_ address: NATSAddress, node: NodeID, database: String) throws(Failure) {
        self.node = node
        name = "NATS at \(address.displayName)"
        connection = try NATSConnection(
            address, subject: "\(address.subject).\(database)", name: "chat-server \(node.name)", inbox)
        writer = Mutex(ParcelWriter(node, maxBytes: min(connection.maxPayload, Self.maxBytes)))
    }

    /// Larger ones would delay what comes behind them.
    private static let maxBytes = 65_536

    public func run(_ receive: @escaping @Sendable (Parcel) -> Void) async {
        inbox.set { text in
            if let parcel = Parcel(text) { receive(parcel) }
        }
        let (end, signal) = AsyncStream<Void>.makeStream()
        await withTaskCancellationHandler {
            for await _ in end {}
        } onCancel: {
            signal.finish()
        }
        inbox.set(nil)
    }

    public func publish(_ events: [NodeEvent]) {
        // The lock is held, so that the numbers leave in their order. libnats takes the bytes over and sends them itself.
        writer.withLock { writer in
            for text in writer.texts(of: events) { connection.publish(text) }
        }
    }

    public var problem: String? { connection.isConnected ? nil : "NATS is away" }

    public func close() async {
        let connection = connection
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                connection.close()
                continuation.resume()
            }
        }
    }
}

/// Where libnats puts what comes.
final class Inbox: Sendable {
    private let receive = Mutex<(@Sendable (String) -> Void)?>(nil)

    func set(_ receive: (@Sendable (String) -> Void)?) { self.receive.withLock { $0 = receive } }

    func take(_ text: String) { receive.withLock { $0 }?(text) }
}

#endif
