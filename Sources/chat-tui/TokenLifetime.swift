import Formats
import Foundation

/// The expiry that a token claims (RFC 7519, section 4.1.4). Only the server decides whether a token is valid; this
/// tells the user why one was refused.
enum TokenLifetime {
    private struct Claims: Decodable {
        var exp: Double?
    }

    /// False for a text that is not a JSON Web Token, and for one without an expiry.
    static func isOver(_ token: String, at time: Date) -> Bool {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return false }
        guard let claims = Base64.decodeURL(parts[1]),
            let end = try? JSONDecoder().decode(Claims.self, from: Data(claims)).exp
        else { return false }
        return end <= time.timeIntervalSince1970
    }
}
