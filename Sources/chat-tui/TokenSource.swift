import ChatWire
import Foundation
import HostSystem

/// Where the token comes from. It is read anew for every connection: another program may renew it.
enum TokenSource: Sendable {
    case none
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
                let text = String(validating: bytes, as: UTF8.self)
            else { throw Unreadable(path: path) }
            let token = MessageLimits.trimmed(text)
            if token.isEmpty || token.unicodeScalars.contains(where: { $0.value < 0x21 || $0.value > 0x7E }) {
                throw Unreadable(path: path)
            }
            return token
        }
    }
}
