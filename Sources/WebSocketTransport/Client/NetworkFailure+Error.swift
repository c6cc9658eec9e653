import CLibrary
import NIOCore
import NIOPosix
import SystemErrors

extension NetworkFailure {
    /// Classifies an error of connecting.
    init(_ error: any Error) {
        switch error {
        case let error as IOError: self.init(number: error.errnoCode)
        case let error as NIOConnectionError: self.init(error)
        case let error as LookupFailure: self.init(error)
        case ChannelError.connectTimeout: self = .silent
        default: self = .other(plainWords(error))
        }
    }

    /// The first address that failed speaks for all: they are addresses of one machine.
    private init(_ error: NIOConnectionError) {
        if let failure = error.connectionErrors.first {
            self.init(failure.error)
        } else if let failure = (error.dnsAError ?? error.dnsAAAAError) as? LookupFailure {
            self.init(failure)
        } else {
            self = .other("no address answered")
        }
    }

    private init(_ failure: LookupFailure) {
        switch failure {
        case .unknown: self = .unknownHost
        case .noAnswer: self = .noNameServer
        }
    }

    private init(number: CInt) {
        switch number {
        case ECONNREFUSED: self = .refused
        case ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, EADDRNOTAVAIL: self = .noRoute
        case EACCES, EPERM: self = .notPermitted
        case ENOENT: self = .noSocket
        case ETIMEDOUT: self = .silent
        default: self = .system(number)
        }
    }
}
