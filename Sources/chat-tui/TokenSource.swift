import ChatClient
import Foundation
import HostSystem
import Synchronization

/// The source of the token. It is read again for every connection, since another program may renew the token.
enum TokenSource: Sendable {
    case none
    /// A token from a flag or variable, checked already.
    case text(String)
    case file(String)

    var isNone: Bool {
        if case .none = self { true } else { false }
    }

    private static let maxBytes = 64 << 10

    struct Unreadable: Error {
        var path: String
    }

    /// The tokens read from pipes, by path. A pipe can be read only once, but every connection needs the token.
    private static let piped = Mutex<[String: String]>([:])

    func read() throws(Unreadable) -> String? {
        switch self {
        case .none: return nil
        case .text(let token): return token
        case .file(let path):
            if let token = Self.piped.withLock({ $0[path] }) { return token }
            let isPipe = InputFile.isPipe(path)
            guard let bytes = try? InputFile.contents(of: path, limit: Self.maxBytes),
                let text = String(validating: bytes, as: UTF8.self), let token = try? Credential.checked(text)
            else { throw Unreadable(path: path) }
            if isPipe { Self.piped.withLock { $0[path] = token } }
            return token
        }
    }
}
