import NIOSSL
import Synchronization

/// How a client verifies the server. Verification cannot be switched off.
public final class ClientTLS: Sendable {
    private let additionalAuthorities: String?
    /// Created for the first encrypted connection, because reading the system's authorities takes a while.
    private let context = Mutex<NIOSSLContext?>(nil)

    /// - Parameter additionalAuthorities: A PEM file of authorities to trust in addition to the system's.
    public init(additionalAuthorities: String? = nil) { self.additionalAuthorities = additionalAuthorities }

    /// A handler for TLS with `host`. The server's certificate must name that host.
    func makeHandler(host: String) throws -> NIOSSLClientHandler {
        // The certificate is compared with an IP address as well, but an IP address must not be sent as a server name
        // (RFC 6066, section 3).
        try NIOSSLClientHandler(context: sharedContext(), serverHostname: IPAddress(host) == nil ? host : nil)
    }

    private static func roots(_ path: String) throws(TLSFileError) -> [NIOSSLCertificate] {
        let bytes = try PEMFile.bytes(path)
        if bytes.isEmpty { throw .empty(path) }
        guard let roots = try? NIOSSLCertificate.fromPEMBytes(bytes), !roots.isEmpty else { throw .unreadable(path) }
        return roots
    }

    /// Throws if the file holds no certificates. It reads the file, so it is not for a pipe.
    public static func check(authorities path: String) throws(TLSFileError) { _ = try roots(path) }

    private func sharedContext() throws -> NIOSSLContext {
        try context.withLock { context in
            if let context { return context }
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            if let additionalAuthorities {
                configuration.additionalTrustRoots = [.certificates(try Self.roots(additionalAuthorities))]
            }
            let new = try NIOSSLContext(configuration: configuration)
            context = new
            return new
        }
    }
}
