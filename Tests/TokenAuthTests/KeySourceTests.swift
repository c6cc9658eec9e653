import ChatServer
import Testing

@testable import TokenAuth

@Suite("The keys of whoever makes the tokens")
struct KeySourceTests {
    static let quick = KeySource.Pace(interval: .zero, intervalAfterFailure: .zero, freshFor: .seconds(600))

    @Test("a new key is fetched when a token names it, and one that was taken back is gone then")
    func rotation() async throws {
        try await withAuthenticator(pace: Self.quick) { authenticator, forge, server in
            let new = try forge.es256(claims(), header: #"{"alg":"ES256","kid":"new"}"#)
            #expect(await authenticator.refuses(new))
            server.serve(Forge.keySet(forge.ecEntry("new")))
            #expect(await authenticator.outcome(new) == "anna")
            #expect(try await authenticator.refuses(forge.rs256(claims())))
        }
    }

    @Test("however many tokens name unknown keys, the address is asked only so often, and nobody is refused for good")
    func bounded() async throws {
        try await withAuthenticator { authenticator, forge, server in
            let known = try forge.es256(claims())
            #expect(await authenticator.outcome(known) == "anna")
            #expect(server.requests == 1)
            await withTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let header = #"{"alg":"ES256","kid":"k\#(number)"}"#
                        guard let token = try? forge.es256(claims(), header: header) else { return false }
                        return await authenticator.outcome(token).hasPrefix("unavailable: ")
                    }
                }
                for await isToTryAgain in group { #expect(isToTryAgain) }
            }
            #expect(server.requests == 1)
            #expect(await authenticator.outcome(known) == "anna")
        }
    }

    @Test("after failures it is tried again ever later, up to the usual interval") func failures() {
        let pace = KeySource.Pace()
        let seconds = (0...8).map { pace.interval(after: $0) / .seconds(1) }
        #expect(seconds == [30, 5, 10, 20, 30, 30, 30, 30, 30])
        #expect(pace.interval(after: .max) == .seconds(30))
    }

    @Test("while the address fails, unknown keys do not make it be asked more often than that")
    func failingAddress() async throws {
        let pace = KeySource.Pace(interval: .seconds(600), intervalAfterFailure: .milliseconds(50))
        try await withAuthenticator(pace: pace) { authenticator, forge, server in
            #expect(try await authenticator.outcome(forge.es256(claims())) == "anna")
            server.serve("", status: 500)
            await authenticator.refreshKeys()
            let (start, before) = (ContinuousClock.now, server.requests)
            let token = try forge.es256(claims(), header: #"{"alg":"ES256","kid":"new"}"#)
            while .now - start < .milliseconds(1500) {
                #expect(await authenticator.outcome(token).hasPrefix("unavailable: "))
            }
            // The attempts come 50, 150, 350, 750 and 1,550 ms after it.
            let most = 5 + Int((ContinuousClock.now - start) / .milliseconds(1600))
            #expect((1...most).contains(server.requests - before))
            server.serve(Forge.keySet(forge.ecEntry("new")))
            await authenticator.refreshKeys()
            #expect(await authenticator.outcome(token) == "anna")
        }
    }

    @Test("a key that is newer than the last fetch is not known yet, and counts as soon as it may be looked for")
    func newerThanTheFetch() async throws {
        let pace = KeySource.Pace(interval: .milliseconds(300), intervalAfterFailure: .zero, freshFor: .seconds(600))
        try await withAuthenticator(pace: pace) { authenticator, forge, server in
            #expect(try await authenticator.outcome(forge.es256(claims())) == "anna")
            server.serve(Forge.keySet(forge.ecEntry("new")))
            let token = try forge.es256(claims(), header: #"{"alg":"ES256","kid":"new"}"#)
            var outcome = ""
            for _ in 0..<500 {
                outcome = await authenticator.outcome(token)
                if !outcome.hasPrefix("unavailable: ") { break }
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(outcome == "anna")
        }
        try await withAuthenticator { authenticator, forge, _ in
            #expect(try await authenticator.outcome(forge.es256(claims())) == "anna")
            let token = try forge.es256(claims(), header: #"{"alg":"ES256","kid":"new"}"#)
            #expect(await authenticator.outcome(token).hasPrefix("unavailable: "))
        }
    }

    @Test("two keys of one id are two keys, of one type or of two") func oneID() async throws {
        let other = try Forge()  // another elliptic key
        try await withAuthenticator(pace: Self.quick) { authenticator, forge, server in
            server.serve(
                Forge.keySet(try forge.rsaEntry("k"), forge.ecEntry("k"), other.ecEntry("k")))
            #expect(
                try await authenticator.outcome(forge.rs256(claims(), header: #"{"alg":"RS256","kid":"k"}"#)) == "anna")
            for signer in [forge, other] {
                let token = try signer.es256(claims(), header: #"{"alg":"ES256","kid":"k"}"#)
                #expect(await authenticator.outcome(token) == "anna")
            }
            let stranger = try Forge()
            #expect(try await authenticator.refuses(stranger.es256(claims(), header: #"{"alg":"ES256","kid":"k"}"#)))
        }
    }

    @Test("a token that names no key is taken where one fits, also a new one, and not where it may be one of several")
    func withoutID() async throws {
        try await withAuthenticator(pace: Self.quick) { authenticator, forge, server in
            let (header, new) = (#"{"alg":"ES256"}"#, try Forge())
            let (own, others) = (try forge.es256(claims(), header: header), try new.es256(claims(), header: header))
            #expect(await authenticator.outcome(own) == "anna")
            #expect(try await authenticator.outcome(forge.rs256(claims(), header: #"{"alg":"RS256"}"#)) == "anna")
            #expect(await authenticator.refuses(others))
            let nameless = new.ecEntry("").replacing(#""kid":"","#, with: "")
            #expect(!nameless.contains("kid"))
            server.serve(Forge.keySet(nameless))
            #expect(await authenticator.outcome(others) == "anna")
            #expect(await authenticator.refuses(own))
            server.serve(Forge.keySet(forge.ecEntry("one"), new.ecEntry("two")))
            #expect(await authenticator.refuses(own))
        }
    }

    @Test("an address that sends a byte now and then holds nobody up for long") func trickle() async throws {
        let forge = try Forge()
        let server = try TricklingServer()
        let authenticator = await TokenAuthenticator(
            rules: TokenRules(), secrets: [], keySetURL: server.url, pace: Self.quick, timeout: .milliseconds(500),
            log: silent)
        let start = ContinuousClock.now
        #expect(try await authenticator.outcome(forge.es256(claims())).hasPrefix("unavailable: "))
        // Without the limit it would take three hours.
        #expect(ContinuousClock.now - start < .seconds(600))
    }

    @Test("many who ask at once wait for one fetch") func together() async throws {
        try await withAuthenticator { authenticator, forge, server in
            let token = try forge.rs256(claims())
            await withTaskGroup(of: String.self) { group in
                for _ in 0..<50 { group.addTask { await authenticator.outcome(token) } }
                for await outcome in group { #expect(outcome == "anna") }
            }
            #expect(server.requests == 1)
        }
    }

    @Test("while the source is down, or answers nonsense, the keys from before count")
    func down() async throws {
        try await withAuthenticator(pace: Self.quick) { authenticator, forge, server in
            let old = try forge.es256(claims())
            let unknown = try forge.es256(claims(), header: #"{"alg":"ES256","kid":"new"}"#)
            #expect(await authenticator.outcome(old) == "anna")
            for nonsense in [
                "", "not JSON", "{}", #"{"keys":[]}"#, #"{"keys":[{"kty":"RSA","kid":"rsa","n":"AQAB"}]}"#,
            ] {
                server.serve(nonsense)
                // The key may be new, so the client should try again and not give up.
                #expect(await authenticator.outcome(unknown).hasPrefix("unavailable: "))
                #expect(await authenticator.outcome(old) == "anna")
            }
            server.serve(Forge.keySet(forge.ecEntry("new")), status: 500)
            #expect(await authenticator.outcome(unknown).hasPrefix("unavailable: "))
            await server.end()
            #expect(await authenticator.outcome(unknown).hasPrefix("unavailable: "))
            #expect(await authenticator.outcome(old) == "anna")
        }
    }

    @Test("a source that is down at the start is no reason not to start, and is found when it is up")
    func downAtTheStart() async throws {
        let forge = try Forge()
        let server = try await KeyServer("starting")
        let authenticator = await TokenAuthenticator(
            rules: TokenRules(), secrets: [Array(forge.secret.utf8)], keySetURL: server.url, pace: Self.quick,
            log: silent)
        let token = try forge.es256(claims())
        #expect(await authenticator.outcome(token).hasPrefix("unavailable: "))
        #expect(await authenticator.outcome(forge.hs256(claims())) == "anna")
        server.serve(Forge.keySet(forge.ecEntry()))
        #expect(await authenticator.outcome(token) == "anna")
        await server.end()
    }

    @Test("keys are taken from the configured address only, not from where it points") func redirect() async throws {
        try await withAuthenticator(pace: Self.quick) { authenticator, forge, server in
            let other = try await KeyServer(Forge.keySet(forge.ecEntry("new")))
            server.redirect(to: other.url)
            let token = try forge.es256(claims(), header: #"{"alg":"ES256","kid":"new"}"#)
            #expect(await authenticator.outcome(token).hasPrefix("unavailable: "))
            #expect(other.requests == 0)
            await other.end()
        }
    }

    @Test("a key set of more than 256 KiB is none") func tooBig() async throws {
        try await withAuthenticator(pace: Self.quick) { authenticator, forge, server in
            let token = try forge.es256(claims(), header: #"{"alg":"ES256","kid":"new"}"#)
            let padding = #"{"kty":"oct","k":"\#(String(repeating: "x", count: 256 * 1024))"}"#
            server.serve(Forge.keySet(forge.ecEntry("new"), padding))
            #expect(await authenticator.outcome(token).hasPrefix("unavailable: "))
            server.serve(Forge.keySet(forge.ecEntry("new"), #"{"kty":"oct","k":"x"}"#))
            #expect(await authenticator.outcome(token) == "anna")
        }
    }

    @Test("old keys are fetched anew in the background") func aging() async throws {
        let pace = KeySource.Pace(interval: .zero, intervalAfterFailure: .zero, freshFor: .zero)
        try await withAuthenticator(pace: pace) { authenticator, forge, server in
            let token = try forge.es256(claims())
            #expect(await authenticator.outcome(token) == "anna")
            server.serve(Forge.keySet(try forge.rsaEntry()))
            let deadline = ContinuousClock.now + .seconds(60)
            while await !authenticator.refuses(token) {
                try #require(ContinuousClock.now < deadline, "the old keys are still in use")
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    @Test("keys of other kinds, for other uses or algorithms are passed over, and do not spoil the rest")
    func otherKeys() async throws {
        try await withAuthenticator(pace: Self.quick) { authenticator, forge, server in
            server.serve(
                Forge.keySet(
                    #"{"kty":"oct","kid":"shared","k":"c2VjcmV0"}"#, #"{"kty":7}"#, "null",
                    #"{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"AAAA"}"#,
                    forge.ecEntry("enc", more: #","use":"enc""#),
                    forge.ecEntry("other", more: #","alg":"ES384""#), forge.ecEntry("new", more: #","use":"sig""#)))
            for (id, isGood) in [("new", true), ("enc", false), ("other", false)] {
                let token = try forge.es256(claims(), header: #"{"alg":"ES256","kid":"\#(id)"}"#)
                #expect(await authenticator.refuses(token) == !isGood)
            }
            #expect(
                await authenticator.refuses(
                    forge.hs256(claims(), header: #"{"alg":"HS256","kid":"shared"}"#, secret: "secret")))
        }
    }
}
