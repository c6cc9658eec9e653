import Crypto
import Foundation

struct Challenge: Sendable {
    let factor: String
    let createdAt: Double
    var isVerified = false
}

extension Service {
    mutating func challenge(_ factor: String, _ session: Session) throws -> Response {
        try checkFactor(factor, session)
        let id = UUID().uuidString.lowercased()
        challenges[id] = Challenge(factor: factor, createdAt: now)
        return .json([
            "id": .string(id), "type": "totp",
            "expires_at": .integer(Int(now) + settings.challengeLifetime),
        ])
    }

    mutating func verifyFactor(_ factor: String, _ session: Session, _ request: Request) throws -> Response {
        let body = try body(request)
        let account = try checkFactor(factor, session)
        guard let code = body["code"]?.string, !code.isEmpty else {
            throw ServiceError.invalid("Code needs to be non-empty")
        }
        let id = body["challenge_id"]?.string ?? ""
        guard let challenge = challenges[id], challenge.factor == factor else { throw ServiceError.challengeNotFound }
        if challenge.isVerified {
            throw ServiceError(
                422, "mfa_ip_address_mismatch", "Challenge and verify IP addresses mismatch.")
        }
        if now > challenge.createdAt + Double(settings.challengeLifetime) {
            challenges[id] = nil
            throw ServiceError(
                422, "mfa_challenge_expired",
                "MFA challenge \(id) has expired, verify against another challenge or create a new challenge.")
        }
        let step = Int(now / 30)
        guard let secret = account.authenticatorSecret,
            (step - 1...step + 1).contains(where: { Authenticator.code(secret: secret, step: $0) == code })
        else { throw ServiceError.wrongSecondFactor }
        challenges[id]!.isVerified = true
        return try raiseLevel(of: session)
    }

    /// The new tokens. The refresh token from before the second factor no longer works, and sessions without one end.
    private mutating func raiseLevel(of session: Session) throws -> Response {
        sessions[session.id]!.methods.removeAll { $0.method == "totp" }
        sessions[session.id]!.methods.insert(("totp", now), at: 0)
        let token: String
        let active = refreshTokens.values.filter { $0.session == session.id && !$0.isRevoked }
            .max { $0.number < $1.number }
        if let active {
            refreshTokens[active.text]!.isRevoked = true
            refreshTokens[active.text]!.updatedAt = now
            token = addRandomToken(to: session.id, parent: active.text)
        } else {
            sessions[session.id]!.counter += 2
            token = CountedRefreshToken(session: session.id, counter: sessions[session.id]!.counter)
                .text(signedWith: session.refreshKey)
        }
        for other in sessions.values where other.user == session.user && other.level == "aal1" { end(other.id) }
        return try tokens(of: sessions[session.id]!, refreshToken: token)
    }

    @discardableResult private func checkFactor(_ factor: String, _ session: Session) throws -> Account {
        guard UUID(uuidString: factor) != nil else {
            throw ServiceError.invalid("factor_id must be an UUID", status: 404)
        }
        let account = try account(of: session)
        guard account.factorID == factor, account.authenticatorSecret != nil else { throw ServiceError.factorNotFound }
        guard settings.isSecondFactorOn else { throw ServiceError.secondFactorOff }
        return account
    }
}

/// The six digits of an authenticator (RFC 6238: SHA-1, thirty seconds).
public enum Authenticator {
    /// What the authenticator shows so many seconds after 1970 began.
    public static func code(secret: String, at seconds: Double) -> String {
        code(secret: secret, step: Int(seconds / 30))
    }

    static func code(secret: String, step: Int) -> String {
        let counter = withUnsafeBytes(of: UInt64(step).bigEndian) { Data($0) }
        let mac = Array(
            HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: decode(secret))))
        let offset = Int(mac[19] & 0x0F)
        let number = mac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let digits = String(number % 1_000_000)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// Base32 without padding (RFC 4648).
    private static func decode(_ text: String) -> Data {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var bits = 0
        var value = 0
        var data = Data()
        for letter in text.uppercased() {
            guard let index = letters.firstIndex(of: letter) else { continue }
            value = (value << 5 | index) & 0xFFFF
            bits += 5
            if bits >= 8 {
                bits -= 8
                data.append(UInt8(value >> bits & 0xFF))
            }
        }
        return data
    }
}
