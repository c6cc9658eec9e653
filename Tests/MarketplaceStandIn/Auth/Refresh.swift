import Crypto
import Foundation

/// A refresh token that the service can check without its database: version, session, counter, MAC and checksum.
struct CountedRefreshToken {
    let session: String
    let counter: Int

    private static let macLength = 16
    private static let checksumLength = 4

    init(session: String, counter: Int) {
        self.session = session
        self.counter = counter
    }

    func text(signedWith key: SymmetricKey) -> String {
        let signed = Self.signedBytes(session: session, counter: counter)
        let withMAC = signed + Data(HMAC<SHA256>.authenticationCode(for: signed, using: key)).prefix(Self.macLength)
        return Base64URL.text(withMAC + Data(SHA256.hash(data: withMAC)).prefix(Self.checksumLength))
    }

    private static func signedBytes(session: String, counter: Int) -> Data {
        var bytes = Data([0])
        withUnsafeBytes(of: UUID(uuidString: session)!.uuid) { bytes += $0 }
        var rest = UInt64(counter)
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
        return bytes
    }

    /// What `text` says; `nil` if it is no refresh token. The MAC is checked later, with the session's key.
    init?(_ text: String) {
        guard let data = Base64URL.bytes(text) else { return nil }
        let bytes = [UInt8](data)
        guard bytes.count >= 1 + 16 + 1 + Self.macLength + Self.checksumLength, bytes[0] == 0 else { return nil }
        let checked = bytes.dropLast(Self.checksumLength)
        guard Array(SHA256.hash(data: checked).prefix(Self.checksumLength)) == Array(bytes.suffix(Self.checksumLength))
        else { return nil }
        let id = bytes[1..<17].map { String(Int($0) + 0x100, radix: 16).suffix(2) }
        session = [id[0..<4], id[4..<6], id[6..<8], id[8..<10], id[10..<16]].map { $0.joined() }
            .joined(separator: "-")
        var value = 0
        var shift = 0
        for byte in checked[17...].dropLast(Self.macLength) {
            guard shift < 56 else { return nil }
            value |= Int(byte & 0x7F) << shift
            shift += 7
        }
        counter = value
    }
}

extension Service {
    mutating func grantByRefreshToken(_ request: Request) throws -> Response {
        let text = try body(request)["refresh_token"]?.string ?? ""
        if text.wholeMatch(of: /[a-z0-9]{12}/) != nil { return try exchangeRandom(text) }
        guard text.utf8.count > 12, let token = CountedRefreshToken(text) else {
            throw ServiceError.refreshTokenMalformed
        }
        return try exchangeCounted(token, text)
    }

    // MARK: - Checks of both kinds

    private func check(_ session: Session, tokenTime: Double?) throws {
        let account = try account(of: session)
        if account.isBanned { throw ServiceError.refreshUserBanned }
        if let endsAt = session.endsAt, now > endsAt { throw ServiceError.sessionExpired }
        if let lifetime = settings.sessionLifetime, now > session.createdAt + Double(lifetime) {
            throw ServiceError.sessionExpired
        }
        let last = lastRefresh(of: session, tokenTime: tokenTime)
        if let timeout = settings.inactivityTimeout, now > last + Double(timeout) {
            throw ServiceError.sessionInactive
        }
        let hasNewer = sessions.values.contains {
            $0.id != session.id && $0.user == session.user && lastRefresh(of: $0, tokenTime: nil) > last
        }
        if settings.oneSessionPerUser, hasNewer { throw ServiceError.sessionReplaced }
    }

    private func lastRefresh(of session: Session, tokenTime: Double?) -> Double {
        session.refreshedAt ?? max(session.createdAt, tokenTime ?? 0)
    }

    /// The answer with a token, and the headers by which the service explains what it did.
    private mutating func answer(
        _ session: String, _ token: String, reused: Bool, headers: [(name: String, value: String)]
    ) throws -> Response {
        let response = try tokens(of: sessions[session]!, refreshToken: token)
        sessions[session]!.refreshedAt = now
        if !reused { counts.refreshes += 1 }
        var withHeaders = response
        withHeaders.headers += [("sb-auth-session-id", session)] + headers
        return withHeaders
    }

    // MARK: - Counted tokens

    private mutating func exchangeCounted(_ token: CountedRefreshToken, _ text: String) throws -> Response {
        guard let session = sessions[token.session] else { throw ServiceError.refreshTokenNotFound }
        guard token.text(signedWith: session.refreshKey) == text else { throw ServiceError.refreshTokenNotFound }
        try check(session, tokenTime: nil)
        let behind = session.counter - token.counter
        if behind < 0 {
            throw ServiceError.invalid("Invalid Refresh Token: Not Issued By This Server")
        }
        var headers = [(name: String, value: String)]()
        if behind == 0 {
            sessions[session.id]!.counter += 1
            headers.append(("sb-auth-refresh-token-reuse", "false"))
        } else {
            counts.reuses += 1
            let isRecent = abs(now - lastRefresh(of: session, tokenTime: nil)) < Double(settings.reuseInterval)
            let causes = (isRecent ? ["concurrent-refresh"] : []) + (behind == 1 ? ["fail-to-save"] : [])
            if causes.isEmpty || settings.refusesEveryReuse {
                counts.refusedReuses += 1
                if settings.endsReusedSessions { end(session.id) }
                throw ServiceError.refreshTokenAlreadyUsed
            }
            headers.append(("sb-auth-refresh-token-reuse-cause", causes.joined(separator: ",")))
        }
        let counter = sessions[session.id]!.counter
        headers.append(("sb-auth-refresh-token-counter", String(counter)))
        let issued = CountedRefreshToken(session: session.id, counter: counter)
        return try answer(
            session.id, issued.text(signedWith: session.refreshKey), reused: behind > 0, headers: headers)
    }

    // MARK: - Random tokens

    private mutating func exchangeRandom(_ text: String) throws -> Response {
        guard let token = refreshTokens[text] else { throw ServiceError.refreshTokenNotFound }
        guard let session = sessions[token.session] else { throw ServiceError.noSession }
        try check(session, tokenTime: token.updatedAt)
        guard token.isRevoked else {
            return try answer(
                session.id, swap(token), reused: false, headers: [("sb-auth-refresh-token-reuse", "false")])
        }
        counts.reuses += 1
        let active = refreshTokens.values.filter { $0.session == session.id && !$0.isRevoked }
            .max { $0.number < $1.number }
        if !settings.refusesEveryReuse {
            if let active, active.parent == token.text {
                return try answer(session.id, active.text, reused: true, headers: [])
            }
            if now <= token.updatedAt + Double(settings.reuseInterval) {
                return try answer(session.id, swap(token), reused: true, headers: [])
            }
        }
        counts.refusedReuses += 1
        if settings.endsReusedSessions {
            for (name, other) in refreshTokens where other.session == session.id && !other.isRevoked {
                refreshTokens[name]!.isRevoked = true
                refreshTokens[name]!.updatedAt = now
            }
            counts.sessionsEnded += 1
        }
        throw ServiceError.refreshTokenAlreadyUsed
    }

    private mutating func swap(_ token: RandomRefreshToken) -> String {
        refreshTokens[token.text]!.isRevoked = true
        refreshTokens[token.text]!.updatedAt = now
        return addRandomToken(to: token.session, parent: token.text)
    }
}
