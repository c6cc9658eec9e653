import MarketplaceStandIn
import Testing

@Suite struct GatewayTests {
    @Test func aKeyIsNeeded() async throws {
        let standIn = try await MarketplaceStandIn()
        let client = Client(standIn: standIn)
        let none = try await client.send("GET", "/auth/v1/settings", key: nil)
        #expect(none.status == 401 && none.json["message"]?.string == "No API key found in request")
        let wrong = try await client.send("GET", "/auth/v1/settings", key: "sb_publishable_wrong")
        #expect(wrong.status == 401 && wrong.json["message"]?.string == "Invalid API key")
        for key in [standIn.apiKeys.publishable, standIn.apiKeys.anon] {
            let right = try await client.send("GET", "/auth/v1/settings", key: key)
            #expect(right.json["external"]?["email"]?.bool == true)
        }
        let asParameter = try await client.send(
            "GET", "/auth/v1/settings?apikey=\(standIn.apiKeys.publishable)", key: nil)
        #expect(asParameter.status == 200)
        let asToken = try await client.send(
            "GET", "/rest/v1/products?select=id", token: standIn.apiKeys.publishable, key: standIn.apiKeys.anon)
        #expect(asToken.status == 401)
        await standIn.end()
    }

    @Test func aPausedProjectSaysSo() async throws {
        let standIn = try await MarketplaceStandIn()
        standIn.set { $0.isPaused = true }
        let answer = try await Client(standIn: standIn).send("GET", "/auth/v1/settings")
        #expect(answer.status == 540)
        await standIn.end()
    }

    @Test func itSpeaksTLS() async throws {
        let standIn = try await MarketplaceStandIn(
            tls: .init(certificate: TestCertificates.localhost, key: TestCertificates.key))
        #expect(standIn.url.hasPrefix("https://127.0.0.1:"))
        #expect(try await Client(standIn: standIn).send("GET", "/auth/v1/settings").status == 200)
        await standIn.end()
    }

    @Test func itGoesDownAndComesBack() async throws {
        let standIn = try await MarketplaceStandIn(accounts: [Account("a@b.example", password: "p")])
        let client = Client(standIn: standIn)
        let session = try await client.logIn("a@b.example", "p")
        await standIn.goDown()
        await #expect(throws: (any Error).self) { try await client.refresh(session.refresh) }
        try await standIn.comeBack()
        #expect(try await client.refresh(session.refresh).status == 200)
        await standIn.end()
    }
}

@Suite struct FaultTests {
    @Test func aLostAnswerIsNotALostRequest() async throws {
        let standIn = try await MarketplaceStandIn(accounts: [Account("a@b.example", password: "p")])
        let client = Client(standIn: standIn)
        let session = try await client.logIn("a@b.example", "p")
        standIn.fail(.refresh, .loseRequest, times: 1)
        standIn.fail(.refresh, .loseAnswer, times: 1)
        standIn.fail(.refresh, .breakOff(afterBytes: 40), times: 1)
        for refreshes in [0, 1, 1] {
            await #expect(throws: (any Error).self) { try await client.refresh(session.refresh) }
            #expect(standIn.counts.refreshes == refreshes)
        }
        #expect(standIn.requests(of: .refresh).count == 3 && standIn.counts.requests[.refresh] == 2)
        #expect(try await client.refresh(session.refresh).status == 200)
        #expect(standIn.requests(of: .refresh)[0].text.contains(session.refresh))
        await standIn.end()
    }

    @Test func answersCanBeHeld() async throws {
        let standIn = try await MarketplaceStandIn(accounts: [Account("a@b.example", password: "p")])
        let client = Client(standIn: standIn)
        standIn.fail(.password, .hold, times: 1)
        async let session = client.logIn("a@b.example", "p")
        while standIn.heldAnswers == 0 { await Task.yield() }
        #expect(standIn.counts.sessionsBegun == 1)
        standIn.release()
        #expect(try await session.status == 200)
        await standIn.end()
    }

    @Test func refusalsStringsAndSizes() async throws {
        let standIn = try await MarketplaceStandIn(accounts: [Account("a@b.example", password: "p", name: "A")])
        let client = Client(standIn: standIn)
        standIn.fail(.password, .refuse(.requestLimit), times: 1)
        let limited = try await client.logIn("a@b.example", "p")
        #expect(limited.status == 429 && limited.code == "over_request_rate_limit")
        standIn.fail(.password, .strings("\u{1b}]0;x\u{7}", except: Fault.tokens), times: 1)
        let hostile = try await client.logIn("a@b.example", "p")
        #expect(hostile.json["user"]?["email"]?.string == "\u{1b}]0;x\u{7}")
        #expect(hostile.access.split(separator: ".").count == 3)
        standIn.fail(.password, .hugeAnswer(bytes: 5_000_000), times: 1)
        #expect(try await client.logIn("a@b.example", "p").body.count > 5_000_000)
        standIn.fail(.password, .unavailable, times: 1)
        #expect(try await client.logIn("a@b.example", "p").status == 503)
        standIn.fail(.password, .trickle(pauseSeconds: 0), times: 1)
        #expect(try await client.logIn("a@b.example", "p").status == 200)
        standIn.fail(.password, .garbage(Array("nonsense".utf8)))
        await #expect(throws: (any Error).self) { try await client.logIn("a@b.example", "p") }
        standIn.mend()
        #expect(try await client.logIn("a@b.example", "p").status == 200)
        await standIn.end()
    }
}
