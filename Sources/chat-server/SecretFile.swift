import ChatWire
import Foundation
import HostSystem
import TokenAuth

/// A file with the secret of HS256 tokens.
struct SecretFile {
    var path: String

    private static let maxBytes = 64 << 10

    enum Problem: Error {
        case unreadable(String, FileObstacle)
        case tooShort(String, Int)

        var sentence: String {
            switch self {
            case .unreadable(let path, let obstacle):
                "Cannot read the secret in \(UntrustedText(path)): \(obstacle)."
            case .tooShort(let name, let count):
                "\(name) has \(count) bytes; with fewer than \(TokenAuthenticator.minSecretBytes) it can be guessed. "
                    + "`openssl rand -hex 32` makes one."
            }
        }
    }

    func read() throws(Problem) -> [UInt8] {
        let content: [UInt8]
        do throws(InputFile.Problem) {
            content = try InputFile.contents(of: path, limit: Self.maxBytes)
        } catch {
            throw .unreadable(path, FileObstacle(error))
        }
        return try Self.checked(content, "The secret in \(UntrustedText(path))")
    }

    /// Removes one line break at the end. Editors add it, and so do shells that write a file.
    static func checked(_ content: [UInt8], _ name: String) throws(Problem) -> [UInt8] {
        var secret = content
        while let last = secret.last, last == 0x0A || last == 0x0D { secret.removeLast() }
        guard secret.count >= TokenAuthenticator.minSecretBytes else { throw .tooShort(name, secret.count) }
        return secret
    }
}
