import ChatWire
import ClientUpdates
import Formats
import Foundation

/// What a token claims of itself (RFC 7519, section 4.1). Only the server decides whether a token is valid; this tells
/// the user why one was refused.
struct TokenClaims: Decodable {
    private var sub: String?
    private var exp: Double?

    /// Nil for a text that is not a JSON Web Token.
    private init?(of token: String) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Base64.decodeURL(parts[0]), let claims = Base64.decodeURL(parts[1]),
            (try? JSONSerialization.jsonObject(with: Data(header))) is [String: Any],
            let read = try? JSONDecoder().decode(Self.self, from: Data(claims))
        else { return nil }
        self = read
    }

    /// Why the server ended a connection with this token.
    /// - Returns: nil if it did not end because of the token, or if its close code says more.
    static func problem(
        of token: String, for user: UserID, refusedWith end: LinkEnd, at time: Date
    ) -> LinkEnd.TokenProblem? {
        switch end {
        case .refused(status: 401), .closed(code: 4500):
            guard let claims = Self(of: token) else { return .garbage }
            if let end = claims.exp, end <= time.timeIntervalSince1970 { return .expired }
            return claims.otherUser(than: user).map { .otherUser($0) } ?? .forged
        case .refused(status: 403), .closed(code: 4503):
            return Self(of: token)?.otherUser(than: user).map { .otherUser($0) }
        case .unreachable, .notAChatServer, .notEncrypted, .onlyEncrypted, .handshake, .unanswered, .proxy, .timedOut,
            .refused, .token, .certificate, .closed, .lost, .noPong, .notStarted, .session, .unusable:
            return nil
        }
    }

    private func otherUser(than user: UserID) -> UserID? {
        guard let named = sub.flatMap({ UserID($0) }), named != user else { return nil }
        return named
    }
}
