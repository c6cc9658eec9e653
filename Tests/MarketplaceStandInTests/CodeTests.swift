import MarketplaceStandIn
import Testing

@Suite struct CodeTests {
    @Test func aMailedCodeLogsInOnceAndIsWrongAfterwards() async throws {
        let standIn = try await MarketplaceStandIn(accounts: [Account("anna@example.org", name: "Анна")])
        let client = Client(standIn: standIn)
        let asked = try await client.send("POST", "/auth/v1/otp", body: ["email": "Anna@example.org"])
        #expect(asked.status == 200 && asked.text == "{}")
        let code = try #require(standIn.code(mailedTo: "anna@example.org"))
        let verify: JSON = ["type": "email", "email": "anna@example.org", "token": .string(code)]
        let wrong = try await client.send(
            "POST", "/auth/v1/verify", body: ["type": "email", "email": "anna@example.org", "token": "000000x"])
        #expect(wrong.status == 403)
        #expect(wrong.text == #"{"code":403,"error_code":"otp_expired","msg":"Token has expired or is invalid"}"#)
        let session = try await client.send("POST", "/auth/v1/verify", body: verify)
        #expect(session.status == 200 && session.json["token_type"]?.string == "bearer")
        #expect(session.json["user"]?["user_metadata"]?["full_name"]?.string == "Анна")
        #expect(session.claims["iss"]?.string == standIn.url + "/auth/v1")
        #expect(session.claims["aal"]?.string == "aal1")
        let again = try await client.send("POST", "/auth/v1/verify", body: verify)
        #expect(again.status == 403 && again.code == "otp_expired")
        await standIn.end()
    }

    private func ask(_ client: Client, _ email: String, more: [(String, JSON)] = []) async throws -> Client.Answer {
        var members = [JSON.Member("email", .string(email))]
        members += more.map { JSON.Member($0.0, $0.1) }
        return try await client.send("POST", "/auth/v1/otp", body: .object(members))
    }

    @Test func codesEndAndMailsHaveAPause() async throws {
        let standIn = try await MarketplaceStandIn(accounts: [Account("a@b.example")])
        let client = Client(standIn: standIn)
        #expect(try await ask(client, "a@b.example").status == 200)
        let soon = try await ask(client, "a@b.example")
        #expect(soon.status == 429 && soon.code == "over_email_send_rate_limit")
        let message = try #require(soon.json["msg"]?.string)
        #expect(message.wholeMatch(of: /For security purposes, you can only request this after \d+ seconds\./) != nil)
        standIn.advance(bySeconds: 3601)
        let late = try await client.send(
            "POST", "/auth/v1/verify",
            body: [
                "type": "email", "email": "a@b.example",
                "token": .string(try #require(standIn.code(mailedTo: "a@b.example"))),
            ])
        #expect(late.status == 403 && late.code == "otp_expired")
        standIn.set { $0.mailsLeft = 0 }
        #expect(try await ask(client, "a@b.example").json["msg"]?.string == "email rate limit exceeded")
        await standIn.end()
    }

    @Test func newPeopleAreSignedUpUnlessThatIsClosed() async throws {
        let standIn = try await MarketplaceStandIn()
        let client = Client(standIn: standIn)
        let onlyKnown = try await ask(client, "new@b.example", more: [("create_user", false)])
        #expect(onlyKnown.status == 422 && onlyKnown.code == "otp_disabled")
        #expect(try await ask(client, "new@b.example").status == 200)
        let link = try #require(standIn.mails.last?.link)
        let opened = try await client.send("GET", link, key: nil)
        #expect(opened.status == 303 && opened.headers["location"]?.contains("#access_token=") == true)
        standIn.set { $0.areSignUpsClosed = true }
        let closed = try await ask(client, "newer@b.example")
        #expect(closed.status == 422 && closed.code == "signup_disabled")
        await standIn.end()
    }

    @Test func whatIsOffAndWhatIsAskedFor() async throws {
        let standIn = try await MarketplaceStandIn(accounts: [Account("a@b.example", password: "p")])
        let client = Client(standIn: standIn)
        standIn.set { $0.captchaToken = "solved" }
        #expect(try await ask(client, "a@b.example").code == "captcha_failed")
        #expect(try await client.logIn("a@b.example", "p").code == "captcha_failed")
        let solved: JSON = ["captcha_token": "solved"]
        #expect(try await ask(client, "a@b.example", more: [("gotrue_meta_security", solved)]).status == 200)
        standIn.set {
            $0.captchaToken = nil
            $0.isEmailOn = false
        }
        let off = try await client.logIn("a@b.example", "p")
        #expect(off.status == 422 && off.code == "email_provider_disabled")
        let nonsense = try await client.send("POST", "/auth/v1/otp", text: "{")
        #expect(nonsense.status == 400 && nonsense.code == "bad_json")
        let address = try await ask(client, "nonsense")
        #expect(address.status == 422 || address.code == "validation_failed")
        await standIn.end()
    }
}
