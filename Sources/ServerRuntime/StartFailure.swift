import ChatServer
import ChatWire
import Foundation
import WebSocketTransport

/// Why the server cannot run, in a sentence that says what to do.
public enum StartFailure: Error, CustomStringConvertible {
    case store(StoreOpenError)
    /// The bus between nodes cannot be reached.
    case bus(String)
    case cannotListen(address: String, reason: String)
    case localSocket(String)
    case certificate(TLSFileError)
    /// The limit of open files of this process, and the lowest with which the server starts.
    case tooFewDescriptors(Int, needed: Int)

    init(_ error: ListenError) {
        switch error {
        case .unknownHost(let host): self = .cannotListen(address: host, reason: "there is no such host")
        case .notBound(let address, let reason): self = .cannotListen(address: address, reason: reason)
        case .draining: self = .cannotListen(address: "anything", reason: "the server is ending")
        }
    }

    public var description: String {
        switch self {
        case .store(let error): "\(error)"
        case .bus(let reason): "Cannot reach the bus between the nodes: \(UntrustedText(reason))"
        case .cannotListen(let address, let reason):
            "Cannot listen on \(UntrustedText(address)): \(reason). Choose another with --host or --port."
        case .localSocket(let reason): reason
        case .certificate(let error): error.sentence
        case .tooFewDescriptors(let limit, let needed):
            """
            This process may have \(limit) files and connections open (the hard limit of `ulimit -n`), and needs \(needed) at \
            least: raise the limit.
            """
        }
    }

    /// The exit code (sysexits.h): EX_CANTCREAT, EX_UNAVAILABLE, EX_NOINPUT or EX_OSERR.
    public var exitCode: Int32 {
        switch self {
        case .store: 73
        case .cannotListen, .localSocket, .bus: 69
        case .certificate: 66
        case .tooFewDescriptors: 71
        }
    }
}

extension TLSFileError {
    var sentence: String {
        switch self {
        case .empty(let path): "The file \(UntrustedText(path)) is empty: it needs a certificate or a key in PEM form."
        case .unreadable(let path): "Cannot read a certificate or key in PEM form from \(UntrustedText(path))."
        case .inaccessible(let path, let obstacle):
            "Cannot read a certificate or key in PEM form from \(UntrustedText(path)): \(obstacle)."
        case .mismatch(let certificate, let key):
            "The key in \(UntrustedText(key)) is not that of the certificate in \(UntrustedText(certificate))."
        }
    }
}
