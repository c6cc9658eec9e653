import ChatWire
import Foundation
import HostSystem
import TokenAuth

/// A file with the secret of HS256 tokens.
struct SecretFile {
    var path: String

    private static let maxBytes = 64 << 10

    enum Problem: Error {
        case unreadable(String)
        case tooShort(String, Int)

        var sentence: String {
            switch self {
            case .unreadable(let path): "Cannot read the secret in \(UntrustedText(path))."
            case .tooShort(let name, let count):
                "\(name) has \(count) bytes; with fewer than \(TokenAuthenticator.minSecretBytes) it can be guessed. "
                    + "`openssl rand -hex 32` makes one."
            }
        }
    }

    func read() throws(Problem) -> [UInt8] {
        guard let content = try? InputFile.contents(of: path, limit: Self.maxBytes) else { throw .unreadable(path) }
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
