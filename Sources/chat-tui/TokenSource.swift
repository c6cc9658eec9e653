import ChatClient
import Foundation
import HostSystem

/// Where the token comes from. It is read anew for every connection: another program may renew it.
enum TokenSource: Sendable {
    case none
    /// Checked already.
    case text(String)
    case file(String)

    var isNone: Bool {
        if case .none = self { true } else { false }
    }

    private static let longest = 64 << 10

    struct Unreadable: Error {
        var path: String
    }

    func read() throws(Unreadable) -> String? {
        switch self {
        case .none: return nil
        case .text(let token): return token
        case .file(let path):
            guard let bytes = try? InputFile.contents(of: path, limit: Self.longest),
                let text = String(validating: bytes, as: UTF8.self), let token = try? Credential.checked(text)
            else { throw Unreadable(path: path) }
            return token
        }
    }
}
