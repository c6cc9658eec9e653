import Foundation
import MarketplaceStandIn
import Testing

@Suite struct SessionTests {
    private static let email = "boris@example.org"

    private func project(_ kind: Settings.RefreshTokens = .counted, _ change: (inout Settings) -> Void = { _ in })
        async throws -> (MarketplaceStandIn, Client)
    {
        var settings = Settings()
        settings.refreshTokens = kind
        change(&settings)
        let standIn = try await MarketplaceStandIn(
            settings: settings, accounts: [Account(Self.email, password: "correct horse", name: "Борис")])
        return (standIn, Client(standIn: standIn))
    }

    @Test func aPasswordLogsIn() async throws {
        let (standIn, client) = try await project()
        let wrong = try await client.logIn(Self.email, "wrong")
        #expect(
            wrong.json.text
                == #"{"code":400,"error_code":"invalid_credentials","msg":"Invalid login credentials"}"#)
        #expect(try await client.logIn("nobody@example.org", "x").code == "invalid_credentials")
        let session = try await client.logIn(Self.email, "correct horse")
        #expect(session.status == 200 && session.json["expires_in"]?.integer == 3600)
        let user = try await client.send("GET", "/auth/v1/user", token: session.access)
        #expect(user.json["email"]?.string == Self.email)
        standIn.change(Self.email) { $0.isConfirmed = false }
        #expect(try await client.logIn(Self.email, "correct horse").code == "email_not_confirmed")
        standIn.change(Self.email) { $0.isBanned = true }
        #expect(try await client.logIn(Self.email, "correct horse").code == "user_banned")
        await standIn.end()
    }

    @Test func errorsHaveTheFormOfTheRequestsVersion() async throws {
        let (standIn, client) = try await project()
        let body: JSON = ["email": "boris@example.org", "password": "wrong"]
        let new = try await client.send(
            "POST", "/auth/v1/token?grant_type=password", body: body,
            headers: ["X-Supabase-Api-Version": "2024-01-01"])
        #expect(new.status == 400 && new.headers["x-supabase-api-version"] == "2024-01-01")
        #expect(new.headers["x-sb-error-code"] == "invalid_credentials")
        let names = ["code", "message"].map { new.json[$0]?.string }
        #expect(names == ["invalid_credentials", "Invalid login credentials"])
        standIn.set { $0.errorFormat = .beforeCodes }
        let old = try await client.send("POST", "/auth/v1/token?grant_type=password", body: body)
        #expect(old.text == #"{"error":"invalid_grant","error_description":"Invalid login credentials"}"#)
        await standIn.end()
    }

    @Test(arguments: [Settings.RefreshTokens.counted, .random])
    func aRefreshTokenIsExchangedOnce(_ kind: Settings.RefreshTokens) async throws {
        let (standIn, client) = try await project(kind)
        let first = try await client.logIn(Self.email, "correct horse")
        let second = try await client.refresh(first.refresh)
        #expect(second.status == 200 && second.refresh != first.refresh)
        // Whoever lost the answer gets the same token again, at any time.
        standIn.advance(bySeconds: 60)
        #expect(try await client.refresh(first.refresh).refresh == second.refresh)
        let third = try await client.refresh(second.refresh)
        #expect(third.refresh != second.refresh)
        standIn.advance(bySeconds: 11)
        let stolen = try await client.refresh(first.refresh)
        #expect(stolen.status == 400 && stolen.code == "refresh_token_already_used")
        standIn.advance(bySeconds: 11)
        let afterwards = try await client.refresh(third.refresh)
        #expect(
            afterwards.code == (kind == .counted ? "refresh_token_not_found" : "refresh_token_already_used"))
        #expect(standIn.counts.refreshes == 2 && standIn.counts.reuses >= 2 && standIn.counts.sessionsEnded >= 1)
        await standIn.end()
    }

    @Test(arguments: [Settings.RefreshTokens.counted, .random])
    func refreshTokensMayBeUsedAgainForTenSeconds(_ kind: Settings.RefreshTokens) async throws {
        let (standIn, client) = try await project(kind)
        let first = try await client.logIn(Self.email, "correct horse")
        let second = try await client.refresh(first.refresh)
        let third = try await client.refresh(second.refresh)
        let again = try await client.refresh(first.refresh)
        #expect(again.status == 200)
        if kind == .counted { #expect(again.refresh == third.refresh) }
        #expect(standIn.counts.sessionsEnded == 0)
        standIn.set { $0.refusesEveryReuse = true }
        #expect(try await client.refresh(second.refresh).code == "refresh_token_already_used")
        await standIn.end()
    }

    @Test func whatIsNoRefreshTokenIsRefused() async throws {
        let (standIn, client) = try await project()
        #expect(try await client.refresh("short").code == "validation_failed")
        #expect(try await client.refresh("aaaaaaaaaaaa").code == "refresh_token_not_found")
        let first = try await client.logIn(Self.email, "correct horse")
        standIn.endSessions(of: Self.email)
        #expect(try await client.refresh(first.refresh).code == "refresh_token_not_found")
        let user = try await client.send("GET", "/auth/v1/user", token: first.access)
        #expect(user.status == 403 && user.code == "session_not_found")
        await standIn.end()
    }

    @Test func sessionsEndByTimeAndByNewerLogins() async throws {
        let (standIn, client) = try await project { $0.sessionLifetime = 100 }
        let first = try await client.logIn(Self.email, "correct horse")
        standIn.advance(bySeconds: 101)
        #expect(try await client.refresh(first.refresh).code == "session_expired")
        standIn.set {
            $0.sessionLifetime = nil
            $0.oneSessionPerUser = true
        }
        let second = try await client.logIn(Self.email, "correct horse")
        _ = try await client.logIn(Self.email, "correct horse")
        let refused = try await client.refresh(second.refresh)
        #expect(refused.json["msg"]?.string == "Invalid Refresh Token: Session Expired (Revoked by Newer Login)")
        await standIn.end()
    }

    @Test(arguments: [("local", 1), ("others", 1), ("global", 0)])
    func loggingOutEndsSessions(_ scope: String, _ left: Int) async throws {
        let (standIn, client) = try await project()
        let first = try await client.logIn(Self.email, "correct horse")
        _ = try await client.logIn(Self.email, "correct horse")
        let answer = try await client.send("POST", "/auth/v1/logout?scope=\(scope)", token: first.access)
        #expect(answer.status == 204 && standIn.sessions(of: Self.email) == left)
        await standIn.end()
    }

    @Test func expiredAndForeignTokensAreNoTokens() async throws {
        let (standIn, client) = try await project()
        let session = try await client.logIn(Self.email, "correct horse")
        standIn.advance(bySeconds: 3601)
        let expired = try await client.send("GET", "/auth/v1/user", token: session.access)
        #expect(expired.status == 403 && expired.code == "bad_jwt")
        let none = try await client.send("GET", "/auth/v1/user")
        #expect(none.status == 401 && none.code == "no_authorization")
        let key = try await client.send("GET", "/auth/v1/user", token: standIn.apiKeys.publishable)
        #expect(key.status == 403 && key.code == "bad_jwt")
        await standIn.end()
    }

    @Test func keysRotateAndTheSetHasThemAll() async throws {
        let (standIn, client) = try await project()
        func keys() async throws -> [String] {
            let set = try await client.send("GET", "/auth/v1/.well-known/jwks.json", key: nil)
            return set.json["keys"]?.elements?.compactMap { $0["kid"]?.string } ?? []
        }
        let before = try await keys()
        #expect(before.count == 2)
        let old = try await client.logIn(Self.email, "correct horse")
        standIn.rotateKeys()
        #expect(Set(before).isSubset(of: try await keys()))
        #expect(try await client.send("GET", "/auth/v1/user", token: old.access).status == 200)
        standIn.revokePreviousKeys()
        #expect(try await client.send("GET", "/auth/v1/user", token: old.access).code == "bad_jwt")
        let new = try await client.logIn(Self.email, "correct horse")
        #expect(try await client.send("GET", "/auth/v1/user", token: new.access).status == 200)
        await standIn.end()
    }
}
