import NIOSSL
import Synchronization

/// How a client checks whom it talks to. Verification cannot be switched off.
public final class ClientTLS: Sendable {
    private let additionalAuthorities: String?
    /// Made with the first connection that needs it: reading the system's authorities takes a while.
    private let context = Mutex<NIOSSLContext?>(nil)

    /// - Parameter additionalAuthorities: A PEM file of authorities that are trusted beside the system's.
    public init(additionalAuthorities: String? = nil) { self.additionalAuthorities = additionalAuthorities }

    /// The handler that does TLS to `host`, which the certificate must name.
    func makeHandler(host: String) throws -> NIOSSLClientHandler {
        // An IP address is checked against the certificate too, but is no name to ask for (RFC 6066, section 3).
        try NIOSSLClientHandler(context: sharedContext(), serverHostname: IPAddress(host) == nil ? host : nil)
    }

    private static func roots(_ path: String) throws -> [NIOSSLCertificate] {
        let bytes: [UInt8]
        do throws(TLSFileError) {
            bytes = try PEMFile.bytes(path)
        } catch {
            throw ConnectError.tlsFile(error)
        }
        guard let roots = try? NIOSSLCertificate.fromPEMBytes(bytes), !roots.isEmpty else {
            throw ConnectError.tlsFile(.unreadable(path))
        }
        return roots
    }

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
