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
        var problem: TokenFileProblem
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
            let token: String
            do throws(TokenFileProblem) {
                token = try Self.token(in: path)
            } catch {
                throw Unreadable(path: path, problem: error)
            }
            if isPipe { Self.piped.withLock { $0[path] = token } }
            return token
        }
    }

    private static func token(in path: String) throws(TokenFileProblem) -> String {
        let bytes: [UInt8]
        do throws(InputFile.Problem) {
            bytes = try InputFile.contents(of: path, limit: maxBytes)
        } catch {
            throw .inaccessible(FileObstacle(error))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notAToken }
        if text.allSatisfy({ $0.isWhitespace || $0 == "\u{FEFF}" }) { throw .empty }
        guard let token = try? Credential.checked(text) else { throw .notAToken }
        return token
    }
}
