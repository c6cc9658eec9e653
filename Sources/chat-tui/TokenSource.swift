import ChatClient
import ClientUpdates
import Foundation
import HostSystem
import Synchronization

/// The source of the token. It is read again for every connection, since another program may renew the token.
enum TokenSource: Sendable {
    case none
    /// A token from a flag or variable, checked already.
    case text(String)
    case file(String)
    case command(TokenCommand)
    /// The session of `chat-tui login`.
    case session(SessionToken)

    var isNone: Bool {
        if case .none = self { true } else { false }
    }

    private static let maxBytes = 64 << 10

    /// The tokens read from pipes, by path. A pipe can be read only once, but every connection needs the token.
    private static let piped = Mutex<[String: String]>([:])

    /// The token for a new connection or request.
    /// - Throws: why there is none.
    func current() async throws(LinkEnd) -> String? {
        switch self {
        case .none, .text, .file: return try read()
        case .session(let session): return try await session.token()
        case .command(let command):
            // It may run for a while, and must not block the tasks of others.
            let result = await withCheckedContinuation { continuation in
                Thread.detachNewThread {
                    continuation.resume(
                        returning: Result { () throws(LinkEnd) in try command.token(mayBeOld: false) })
                }
            }
            return try result.get()
        }
    }

    /// A token in place of the one in use, which was rejected or is about to end. It blocks for a moment.
    /// - Returns: nil if there is none. It may also be the same one still.
    func replacement() -> String? {
        switch self {
        case .none, .text, .file: try? read()
        case .command(let command): try? command.token(mayBeOld: true)
        case .session(let session): session.renewed()
        }
    }

    /// Whether a token's file can be read.
    func checkFile() throws(LinkEnd) {
        if case .file = self { _ = try read() }
    }

    /// The token where it takes no time to get: from a flag or a file.
    private func read() throws(LinkEnd) -> String? {
        switch self {
        case .none, .command, .session: return nil
        case .text(let token): return token
        case .file(let path):
            if let token = Self.piped.withLock({ $0[path] }) { return token }
            let isPipe = InputFile.isPipe(path)
            let token: String
            do throws(TokenFileProblem) {
                token = try Self.token(in: path)
            } catch {
                throw .unusable(.tokenFile(path: path, error))
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
