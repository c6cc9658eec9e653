import Formats
import Foundation

/// What a token says of its own time (RFC 7519, section 4.1.4). Whether it counts, only the server can tell; this is to
/// tell the user why it did not.
enum TokenLifetime {
    private struct Claims: Decodable {
        var exp: Double?
    }

    /// False for what is no JSON Web Token, and where none of them ends.
    static func isOver(_ token: String, at time: Date) -> Bool {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return false }
        guard let claims = Base64.decodeURL(parts[1]),
            let end = try? JSONDecoder().decode(Claims.self, from: Data(claims)).exp
        else { return false }
        return end <= time.timeIntervalSince1970
    }
}
