import Foundation
import MarketplaceStandIn
import Testing

@Suite struct BrowserTests {
    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    /// The example of RFC 7636.
    private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    private func start(_ client: Client, _ target: String, provider: String = "github") async throws -> Client.Answer {
        let escaped = target.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return try await client.send(
            "GET",
            "/auth/v1/authorize?provider=\(provider)&redirect_to=\(escaped)"
                + "&code_challenge=\(Self.challenge)&code_challenge_method=s256", key: nil)
    }

    /// What a browser does: it opens the page, fills in the form, and follows to the last address.
    private func signIn(_ client: Client, at page: String, email: String, cancels: Bool = false) async throws
        -> URLComponents
    {
        let html = try await client.send("GET", page, key: nil).text
        let state = try #require(html.firstMatch(of: /name="state" value="([^"]+)"/)).1
        let action = try #require(html.firstMatch(of: /action="([^"]+)"/)).1
        let answer = try await client.send(
            "POST", String(action),
            text: "state=\(state)&email=\(email.replacing("@", with: "%40"))&answer=\(cancels ? "cancel" : "sign-in")",
            key: nil)
        let callback = try #require(answer.headers["location"])
        let last = try await client.send("GET", callback, key: nil)
        let target = try #require(last.headers["location"])
        return try #require(URLComponents(string: target))
    }

    private func exchange(_ client: Client, _ code: String, _ verifier: String) async throws -> Client.Answer {
        try await client.send(
            "POST", "/auth/v1/token?grant_type=pkce",
            body: ["auth_code": .string(code), "code_verifier": .string(verifier)])
    }

    @Test func theBrowserBringsACodeForTheProgramThatAsked() async throws {
        let standIn = try await MarketplaceStandIn(accounts: [Account("a@b.example", name: "A")])
        let client = Client(standIn: standIn)
        let first = try await start(client, "http://127.0.0.1:49152/callback?state=mine")
        #expect(first.status == 302)
        let target = try await signIn(client, at: try #require(first.headers["location"]), email: "a@b.example")
        #expect(target.port == 49152 && target.path == "/callback")
        #expect(target.queryItems?.first?.value == "mine")
        let code = try #require(target.queryItems?.first { $0.name == "code" }?.value)
        let wrong = try await exchange(client, code, "x" + Self.verifier)
        #expect(wrong.status == 400 && wrong.code == "bad_code_verifier")
        let session = try await exchange(client, code, Self.verifier)
        #expect(session.status == 200 && session.json["user"]?["email"]?.string == "a@b.example")
        let again = try await exchange(client, code, Self.verifier)
        #expect(again.status == 404 && again.code == "flow_state_not_found")
        await standIn.end()
    }

    @Test func aFlowEnds() async throws {
        let standIn = try await MarketplaceStandIn(accounts: [Account("a@b.example")])
        let client = Client(standIn: standIn)
        let page = try #require(try await start(client, "http://127.0.0.1:1/").headers["location"])
        let target = try await signIn(client, at: page, email: "a@b.example")
        standIn.advance(bySeconds: 301)
        let code = try #require(target.queryItems?.last?.value)
        let late = try await exchange(client, code, Self.verifier)
        #expect(late.status == 422 && late.code == "flow_state_expired")
        await standIn.end()
    }

    @Test func wrongPlacesToReturnToBecomeTheSite() async throws {
        let standIn = try await MarketplaceStandIn()
        standIn.set {
            $0.siteURL = "https://market.example"
            $0.redirectAllowList = ["https://*.market.example/**"]
        }
        let client = Client(standIn: standIn)
        func target(_ address: String) async throws -> String? {
            let page = try #require(try await start(client, address).headers["location"])
            return URLComponents(string: page)?.queryItems?.first { $0.name == "redirect_to" }?.value
        }
        for allowed in ["http://127.0.0.1:8/x", "https://a.market.example/b/c", "https://market.example/x"] {
            #expect(try await target(allowed) == allowed)
        }
        for wrong in ["https://evil.example/", "http://10.0.0.1/", "http://2130706433/", "nonsense"] {
            #expect(try await target(wrong) == "https://market.example")
        }
        await standIn.end()
    }

    @Test func refusalsGoToTheProgram() async throws {
        let standIn = try await MarketplaceStandIn()
        let client = Client(standIn: standIn)
        let page = try #require(try await start(client, "http://127.0.0.1:1/").headers["location"])
        let cancelled = try await signIn(client, at: page, email: "a@b.example", cancels: true)
        #expect(cancelled.queryItems?.first?.value == "access_denied")
        standIn.set { $0.areSignUpsClosed = true }
        let closed = try await signIn(client, at: page, email: "a@b.example")
        #expect(closed.queryItems?.contains { $0.value == "signup_disabled" } == true)
        let unknown = try await start(client, "http://127.0.0.1:1/", provider: "nobody")
        #expect(unknown.status == 400 && unknown.code == "validation_failed")
        await standIn.end()
    }
}
