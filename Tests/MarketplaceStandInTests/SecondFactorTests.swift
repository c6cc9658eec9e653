import Foundation
import MarketplaceStandIn
import Testing

@Suite struct SecondFactorTests {
    private static let secret = "JBSWY3DPEHPK3PXP"

    /// The values of RFC 6238 for SHA-1; its eight digits end with these six.
    @Test(arguments: [(59.0, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")])
    func authenticatorsCountAsTheRFCDoes(_ time: Double, _ code: String) {
        #expect(Authenticator.code(secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", at: time) == code)
    }

    @Test func theSecondFactorRaisesTheLevel() async throws {
        let standIn = try await MarketplaceStandIn(
            accounts: [Account("a@b.example", password: "p", authenticatorSecret: Self.secret)])
        let client = Client(standIn: standIn)
        let first = try await client.logIn("a@b.example", "p")
        #expect(first.claims["aal"]?.string == "aal1")
        let factor = try #require(first.json["user"]?["factors"]?.elements?.first?["id"]?.string)
        let challenge = try await client.send("POST", "/auth/v1/factors/\(factor)/challenge", token: first.access)
        #expect(challenge.json["type"]?.string == "totp")
        func verify(_ code: String) async throws -> Client.Answer {
            try await client.send(
                "POST", "/auth/v1/factors/\(factor)/verify",
                body: ["challenge_id": challenge.json["id"] ?? nil, "code": .string(code)], token: first.access)
        }
        let wrong = try await verify("000")
        #expect(wrong.status == 422 && wrong.code == "mfa_verification_failed")
        let second = try await verify(Authenticator.code(secret: Self.secret, at: Date.now.timeIntervalSince1970))
        #expect(second.status == 200 && second.claims["aal"]?.string == "aal2")
        #expect(second.claims["session_id"]?.string == first.claims["session_id"]?.string)
        #expect(try await client.refresh(second.refresh).claims["aal"]?.string == "aal2")
        let unknown = try await client.send(
            "POST", "/auth/v1/factors/\(UUID().uuidString)/challenge", token: second.access)
        #expect(unknown.status == 404 && unknown.code == "mfa_factor_not_found")
        await standIn.end()
    }

    @Test func aChallengeEnds() async throws {
        let standIn = try await MarketplaceStandIn(
            accounts: [Account("a@b.example", password: "p", authenticatorSecret: Self.secret)])
        let client = Client(standIn: standIn)
        let first = try await client.logIn("a@b.example", "p")
        let factor = try #require(first.json["user"]?["factors"]?.elements?.first?["id"]?.string)
        let challenge = try await client.send("POST", "/auth/v1/factors/\(factor)/challenge", token: first.access)
        standIn.advance(bySeconds: 301)
        let late = try await client.send(
            "POST", "/auth/v1/factors/\(factor)/verify",
            body: ["challenge_id": challenge.json["id"] ?? nil, "code": "123456"], token: first.access)
        #expect(late.status == 422 && late.code == "mfa_challenge_expired")
        await standIn.end()
    }
}
