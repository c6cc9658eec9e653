#if Cluster

import CNats
import Foundation

/// A connection to NATS with one subscription. libnats has threads of its own and locks what it shares between them.
final class NATSConnection: @unchecked Sendable {
    private let connection: OpaquePointer
    private let subject: String

    /// - Parameter inbox: Takes what is published on the subject, on a thread of libnats.
    init(_ address: NATSAddress, subject: String, name: String, _ inbox: Inbox) throws(NATSBus.Failure) {
        self.subject = subject
        var options: OpaquePointer?
        var connection: OpaquePointer?
        var subscription: OpaquePointer?
        defer { natsOptions_Destroy(options) }
        func attempt(_ status: natsStatus) throws(NATSBus.Failure) {
            guard status == NATS_OK else {
                let reason = String(cString: natsStatus_GetText(status))
                throw NATSBus.Failure(description: "\(address.displayName): \(reason)")
            }
        }
        try attempt(natsOptions_Create(&options))
        try attempt(natsOptions_SetURL(options, address.url))
        try attempt(natsOptions_SetName(options, name))
        try attempt(natsOptions_SetNoEcho(options, true))
        // Otherwise the library waits a millisecond for more. A parcel has all that there is already.
        try attempt(natsOptions_SetSendAsap(options, true))
        try attempt(natsOptions_SetMaxReconnect(options, -1))
        try attempt(natsOptions_SetReconnectWait(options, Self.reconnectWait))
        // A server that went away without a word is noticed within seconds.
        try attempt(natsOptions_SetPingInterval(options, Self.pingInterval))
        try attempt(natsOptions_SetMaxPingsOut(options, 2))
        if address.isEncrypted {
            try attempt(natsOptions_SetSecure(options, true))
            try attempt(natsOptions_SetExpectedHostname(options, address.host))
            if let file = Self.authorities { try attempt(natsOptions_LoadCATrustedCertificates(options, file)) }
        }
        try attempt(natsConnection_Connect(&connection, options))
        guard let connection else { throw NATSBus.Failure(description: "\(address.displayName): no connection") }
        self.connection = connection
        let closure = Unmanaged.passRetained(inbox).toOpaque()
        try attempt(
            natsConnection_Subscribe(
                &subscription, connection, subject,
                { _, _, message, closure in
                    defer { natsMsg_Destroy(message) }
                    guard let closure, let data = natsMsg_GetData(message) else { return }
                    let bytes = UnsafeRawBufferPointer(start: data, count: Int(natsMsg_GetDataLength(message)))
                    Unmanaged<Inbox>.fromOpaque(closure).takeUnretainedValue()
                        .take(String(decoding: bytes, as: UTF8.self))
                }, closure))
        // libnats calls this when it calls the other function no more.
        try attempt(
            natsSubscription_SetOnCompleteCB(
                subscription, { closure in if let closure { Unmanaged<Inbox>.fromOpaque(closure).release() } },
                closure))
        // Afterwards the server knows of the subscription.
        try attempt(natsConnection_FlushTimeout(connection, Self.patience))
    }

    deinit { natsConnection_Destroy(connection) }

    // In milliseconds.
    private static let reconnectWait: Int64 = 500
    private static let pingInterval: Int64 = 5000
    private static let patience: Int64 = 2000

    var isConnected: Bool { natsConnection_Status(connection) == NATS_CONN_STATUS_CONNECTED }

    /// In bytes.
    var maxPayload: Int { Int(natsConnection_GetMaxPayload(connection)) }

    /// While the server is away, libnats keeps some megabytes. What is beyond is lost.
    func publish(_ text: String) {
        var text = text
        text.withUTF8 { _ = natsConnection_Publish(connection, subject, $0.baseAddress, Int32($0.count)) }
    }

    /// Waits until what was published has reached the server, or some time.
    func close() {
        if isConnected { natsConnection_FlushTimeout(connection, Self.patience) }
        natsConnection_Close(connection)
    }

    /// The system's certificate authorities, where distributions keep them.
    private static var authorities: String? {
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"].first {
            FileManager.default.fileExists(atPath: $0)
        }
    }
}

#endif
