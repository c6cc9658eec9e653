import ChatServer
import ChatWire
import Foundation
import Logging
import Testing

@testable import TokenAuth

let now = Timestamp(seconds: 1_700_000_000)
let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Removes a claim.
let absent = "absent"

/// Valid claims, with changes.
func claims(_ changes: [String: String] = [:]) -> String {
    var claims: [String: String] = [
        "sub": #""anna""#, "aud": #""authenticated""#, "exp": "1700003600", "role": #""authenticated""#,
    ]
    for (name, value) in changes { claims[name] = value == absent ? nil : value }
    return "{" + claims.map { #""\#($0)":\#($1)"# }.joined(separator: ",") + "}"
}

/// Runs a test with an authenticator of a secret and a key set.
func withAuthenticator(
    _ rules: TokenRules = TokenRules(), pace: KeySource.Pace = .init(), hasSecret: Bool = true,
    _ body: (TokenAuthenticator, Forge, KeyServer) async throws -> Void
) async throws {
    let forge = try Forge()
    let server = try await KeyServer(Forge.keySet(try forge.rsaEntry(), forge.ecEntry()))
    let authenticator = await TokenAuthenticator(
        rules: rules, secrets: hasSecret ? [Array(forge.secret.utf8)] : [], keySetURL: server.url, pace: pace,
        log: silent
    )
    // Only after the first fetch has ended is it known that a key does not exist.
    while server.requests == 0 { try await Task.sleep(for: .milliseconds(1)) }
    _ = await authenticator.outcome(try forge.es256(claims()))
    do {
        try await body(authenticator, forge, server)
    } catch {
        await server.end()
        throw error
    }
    await server.end()
}

extension TokenAuthenticator {
    /// The user, or the reason of the refusal.
    func outcome(_ token: String, at time: Timestamp = now) async -> String {
        do throws(AuthenticationError) {
            return try await identify(token, now: time).user.wire
        } catch {
            switch error {
            case .rejected(let reason): return "rejected: \(reason)"
            case .unavailable(let reason): return "unavailable: \(reason)"
            }
        }
    }

    func refuses(_ token: String, at time: Timestamp = now) async -> Bool {
        await outcome(token, at: time).hasPrefix("rejected: ")
    }
}

@Suite("Tokens")
struct TokenTests {
    @Test("each kind of key proves who the user is, and until when")
    func good() async throws {
        try await withAuthenticator { authenticator, forge, _ in
            let expected = Identity(user: try #require(UserID("anna")), expiresAt: Timestamp(seconds: 1_700_003_600))
            #expect(try await authenticator.identify(forge.hs256(claims()), now: now) == expected)
            #expect(try await authenticator.identify(forge.rs256(claims()), now: now) == expected)
            #expect(try await authenticator.identify(forge.es256(claims()), now: now) == expected)
            // Without a role; with a list of audiences; with a kid, which means nothing for a secret.
            #expect(await authenticator.outcome(forge.hs256(claims(["role": absent]))) == "anna")
            #expect(await authenticator.outcome(forge.hs256(claims(["aud": #"["x","authenticated"]"#]))) == "anna")
            #expect(
                await authenticator.outcome(forge.hs256(claims(), header: #"{"alg":"HS256","kid":"rsa"}"#)) == "anna")
        }
    }

    @Test(
        "the name is the token's, where it has one; anything else there does no harm",
        arguments: [
            ([#"user_metadata"#: #"{"full_name":"Анна","name":"A"}"#, "name": #""B""#], "Анна"),
            ([#"user_metadata"#: #"{"full_name":"","name":"A"}"#], "A"), (["name": #""B""#], "B"),
            (["name": "7", "user_metadata": "7"], nil), (["user_metadata": #"{"full_name":[],"name":{}}"#], nil),
            (["name": #""a\u0000""#], nil), (["user_metadata": "null"], nil), ([:], nil),
        ] as [([String: String], String?)])
    func names(_ changes: [String: String], _ name: String?) async throws {
        try await withAuthenticator { authenticator, forge, _ in
            let identity = try await authenticator.identify(forge.hs256(claims(changes)), now: now)
            #expect(identity.name?.wire == name)
        }
    }

    static let changes: [[String: String]] = [
        ["exp": absent], ["exp": #""1700003600""#], ["exp": "1699999970"], ["exp": "0"], ["exp": "-1"],
        ["exp": "1e300"], ["exp": "null"], ["nbf": "1700000031"], ["nbf": "1e300"], ["nbf": "-1"], ["sub": absent],
        ["sub": #""""#],
        ["sub": #""a\u0000""#], ["sub": "7"], ["sub": "\"\(String(repeating: "a", count: 129))\""], ["aud": absent],
        ["aud": #""other""#], ["aud": "[]"], ["aud": #"["Authenticated"]"#], ["role": #""service_role""#],
        ["role": #""anon""#], ["role": #""""#], ["role": "7"],
    ]

    @Test("claims that do not count, under a good signature", arguments: changes)
    func badClaims(_ changes: [String: String]) async throws {
        try await withAuthenticator { authenticator, forge, _ in
            let elliptic = try forge.es256(claims(changes))
            #expect(await authenticator.refuses(forge.hs256(claims(changes))))
            #expect(await authenticator.refuses(elliptic))
        }
    }

    @Test("a token of more than 16 KiB is not looked into, however good it is") func long() async throws {
        try await withAuthenticator { authenticator, forge, _ in
            func padded(_ count: Int) -> String {
                forge.hs256(claims(["padding": "\"\(String(repeating: "x", count: count))\""]))
            }
            #expect(await authenticator.outcome(padded(10_000)) == "anna")
            #expect(await authenticator.refuses(padded(16_000)))
        }
    }

    /// Both parts are parsed before the signature is checked. At 513 levels Foundation's decoder would crash.
    @Test(
        "brackets without an end, in the header or in the claims", arguments: [101, 512, 513, 514], ["[", #"{"a":"#])
    func brackets(count: Int, bracket: String) async throws {
        try await withAuthenticator { authenticator, forge, _ in
            let json = String(repeating: bracket, count: count - 1) + bracket.prefix(1)
            #expect(await authenticator.refuses(forge.hs256(json)))
            #expect(await authenticator.refuses(forge.hs256(claims(), header: json)))
        }
    }

    @Test("clocks may differ by 30 s") func skew() async throws {
        try await withAuthenticator { authenticator, forge, _ in
            #expect(await authenticator.outcome(forge.hs256(claims(["exp": "1699999971"]))) == "anna")
            #expect(await authenticator.outcome(forge.hs256(claims(["nbf": "1700000030"]))) == "anna")
        }
    }

    @Test("where an issuer or another audience is configured, it counts") func issuer() async throws {
        let rules = TokenRules(audience: "chat", issuer: "https://id.example/auth/v1")
        try await withAuthenticator(rules) { authenticator, forge, _ in
            let good: [String: String] = ["aud": #""chat""#, "iss": #""https://id.example/auth/v1""#]
            #expect(await authenticator.outcome(forge.hs256(claims(good))) == "anna")
            for change in [["iss": absent], ["iss": #""https://id.example""#], ["aud": #""authenticated""#]]
                as [[String: String]]
            {
                #expect(await authenticator.refuses(forge.hs256(claims(good.merging(change) { $1 }))))
            }
        }
    }

    @Test("what was changed after it was signed, or signed by somebody else") func forged() async throws {
        try await withAuthenticator { authenticator, forge, _ in
            for token in [forge.hs256(claims()), try forge.rs256(claims()), try forge.es256(claims())] {
                let parts = token.split(separator: ".").map(String.init)
                let bob = Forge.base64(Data(claims(["sub": #""bob""#]).utf8))
                #expect(await authenticator.refuses("\(parts[0]).\(bob).\(parts[2])"))
                #expect(await authenticator.refuses("\(parts[0]).\(parts[1])."))
                #expect(await authenticator.refuses("\(parts[0]).\(parts[1])"))
                #expect(await authenticator.refuses("\(parts[0]).\(parts[1]).\(parts[2]).x"))
            }
            #expect(await authenticator.refuses(forge.hs256(claims(), secret: "another secret of thirty-two bytes")))
            #expect(await authenticator.refuses(forge.hs256(claims(), secret: "")))
            for text in ["", ".", "..", "a.b.c", "e30.e30.e30", String(repeating: "a", count: 20_000)] {
                #expect(await authenticator.refuses(text))
            }
        }
    }

    @Test("the algorithm follows from the key, never from the token") func confusion() async throws {
        try await withAuthenticator(pace: KeySourceTests.quick) { authenticator, forge, _ in
            let pem = Data(forge.rsa.publicKey.pemRepresentation.utf8)
            for header in [
                #"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":"none","kid":"rsa"}"#, #"{"alg":""}"#, "{}",
                #"{"alg":null}"#, #"{"alg":"hs256"}"#, #"{"alg":["HS256"]}"#,
            ] {
                #expect(await authenticator.refuses(forge.signed(header, claims()) { _ in Data() }), "\(header)")
                #expect(await authenticator.refuses(forge.hs256(claims(), header: header)), "\(header)")
            }
            // A public key used as a secret.
            for header in [
                #"{"alg":"HS256"}"#, #"{"alg":"HS256","kid":"rsa"}"#, #"{"alg":"RS256","kid":"rsa"}"#,
                #"{"alg":"ES256","kid":"ec"}"#,
            ] {
                #expect(await authenticator.refuses(forge.signed(header, claims()) { forge.hmac($0, key: pem) }))
            }
            // A key of one type under the name of another, and algorithms that the key supports but that are not
            // accepted.
            for token in [
                try forge.es256(claims(), header: #"{"alg":"RS256","kid":"ec"}"#),
                try forge.rs256(claims(), header: #"{"alg":"ES256","kid":"rsa"}"#),
                try forge.rs256(claims(), header: #"{"alg":"RS512","kid":"rsa"}"#),
                try forge.rs256(claims(), header: #"{"alg":"PS256","kid":"rsa"}"#),
                try forge.rs256(claims(), header: #"{"alg":"HS256","kid":"rsa"}"#),
            ] {
                #expect(await authenticator.refuses(token))
            }
        }
    }

    @Test("a key is found by the exact kid, and brought along by no token") func keyIDs() async throws {
        try await withAuthenticator(pace: KeySourceTests.quick) { authenticator, forge, _ in
            for header in [
                #"{"alg":"RS256","kid":""}"#, #"{"alg":"RS256","kid":"RSA"}"#,
                #"{"alg":"RS256","kid":"ec"}"#, #"{"alg":"RS256","kid":7}"#, #"{"alg":"RS256","kid":"../../rsa"}"#,
                #"{"alg":"RS256","kid":"rsa","crit":["exp"]}"#, #"{"alg":"RS256","kid":"rsa","crit":[]}"#,
                #"{"alg":"RS256","kid":"rsa","crit":null}"#, #"{"alg":"RS256","kid":"rsa","crit":"exp"}"#,
                #"{"alg":"RS256","kid":null}"#, #"{"alg":null,"kid":"rsa"}"#,
            ] {
                #expect(try await authenticator.refuses(forge.rs256(claims(), header: header)), "\(header)")
            }
            let stranger = try Forge()  // the same RSA key, but another elliptic one
            let own = #"{"alg":"ES256","kid":"mine","jwk":\#(stranger.ecEntry("mine")),"jku":"http://127.0.0.1/"}"#
            #expect(try await authenticator.refuses(stranger.es256(claims(), header: own)))
            let posing = #"{"alg":"ES256","kid":"ec","jwk":\#(stranger.ecEntry("ec"))}"#
            #expect(try await authenticator.refuses(stranger.es256(claims(), header: posing)))
        }
    }

    @Test("any of several secrets counts, until others take their place") func secrets() async throws {
        let forge = try Forge()
        let (old, new) = ("the old secret of thirty-two bytes", "the new secret of thirty-two bytes")
        let (first, second) = (forge.hs256(claims(), secret: old), forge.hs256(claims(), secret: new))
        let authenticator = await TokenAuthenticator(
            rules: TokenRules(), secrets: [Array(old.utf8)], keySetURL: nil, log: silent)
        let steps: [(secrets: [String], isGood: [Bool])] = [
            ([old], [true, false]), ([new, old], [true, true]), ([new], [false, true]),
        ]
        for step in steps {
            await authenticator.use(secrets: step.secrets.map { Array($0.utf8) })
            for (token, isGood) in zip([first, second], step.isGood) {
                #expect(await authenticator.refuses(token) == !isGood, "\(step.secrets)")
            }
        }
    }

    @Test("without a secret no HS256 token counts, without a key set no other") func notConfigured() async throws {
        try await withAuthenticator(hasSecret: false) { authenticator, forge, _ in
            #expect(await authenticator.refuses(forge.hs256(claims())))
            #expect(await authenticator.refuses(forge.hs256(claims(), secret: "")))
        }
        let forge = try Forge()
        let alone = await TokenAuthenticator(
            rules: TokenRules(), secrets: [Array(forge.secret.utf8)], keySetURL: nil, log: silent)
        #expect(await alone.outcome(forge.hs256(claims())) == "anna")
        #expect(try await alone.refuses(forge.es256(claims())))
    }

    @Test("what the maker makes, the authenticator takes") func maker() async throws {
        let secret = Array("a secret of more than thirty-two bytes".utf8)
        let rules = TokenRules(audience: "chat", issuer: "me")
        let maker = await TokenMaker(rules: rules, secret: secret)
        let token = try await maker.token(for: try #require(UserID("анна")), now: now, lifetime: .seconds(60))
        let authenticator = await TokenAuthenticator(rules: rules, secrets: [secret], keySetURL: nil, log: silent)
        #expect(await authenticator.outcome(token) == "анна")
        #expect(await authenticator.refuses(token, at: now.advanced(by: .seconds(90))))
    }
}
