import NIOSSL
import Synchronization

/// A server's certificate and key. They can be reloaded while the server runs.
public final class ServerTLS: Sendable {
    private let certificateFile: String
    private let keyFile: String
    private let current: Mutex<NIOSSLContext>

    /// - Parameters:
    ///   - certificateFile: PEM: the server's certificate and the intermediate certificates.
    ///   - keyFile: PEM: the certificate's private key.
    public init(certificateFile: String, keyFile: String) throws(TLSFileError) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        current = Mutex(try Self.read(certificateFile: certificateFile, keyFile: keyFile))
    }

    /// Reloads the files for new connections. After an error the old ones stay in use.
    public func reload() throws(TLSFileError) {
        let new = try Self.read(certificateFile: certificateFile, keyFile: keyFile)
        current.withLock { $0 = new }
    }

    var context: NIOSSLContext { current.withLock { $0 } }

    private static func read(certificateFile: String, keyFile: String) throws(TLSFileError) -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        let bytes = try PEMFile.bytes(certificateFile)
        do { chain = try NIOSSLCertificate.fromPEMBytes(bytes) } catch { throw .unreadable(certificateFile) }
        if chain.isEmpty { throw .unreadable(certificateFile) }
        let key: NIOSSLPrivateKey
        let secret = try PEMFile.bytes(keyFile)
        do { key = try NIOSSLPrivateKey(bytes: secret, format: .pem) } catch { throw .unreadable(keyFile) }

        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .mismatch(certificateFile: certificateFile, keyFile: keyFile)
        }
    }
}
