import ChatServer
import Foundation
import Logging
import Synchronization
import Testing
import WebSocketTransport

@testable import TokenAuth

/// A project's keys change in steps: a new one stands by, is used, the one before still counts, and is revoked.
@Suite("Keys that rotate, over HTTPS")
struct RotationTests {
    /// A key server with the certificate of a test authority, and a server that trusts it.
    private static func withProject(
        pace: KeySource.Pace = KeySourceTests.quick, trusts: Bool = true, log: Logger = silent, first: String,
        _ body: (TokenAuthenticator, KeyServer) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ text: String) throws -> String {
            let file = folder.appending(path: name)
            try Data(text.utf8).write(to: file)
            return file.path
        }
        let authority = try write("ca.pem", TestCertificates.authority)
        let tls = try ServerTLS(
            certificateFile: write("server.pem", TestCertificates.localhost),
            keyFile: write("key.pem", TestCertificates.key))
        let server = try await KeyServer(first, tls: tls)
        let rules = TokenRules(issuer: "https://ref.supabase.co/auth/v1")
        let authenticator = await TokenAuthenticator(
            rules: rules, secrets: [], keySetURL: server.url, pace: pace,
            tls: ClientTLS(additionalAuthorities: trusts ? authority : nil), log: log)
        let result = await Result { try await body(authenticator, server) }
        await server.end()
        try result.get()
    }

    private static func token(_ forge: Forge, _ id: String, _ changes: [String: String] = [:]) throws -> String {
        let all = ["iss": #""https://ref.supabase.co/auth/v1""#].merging(changes) { $1 }
        return try forge.es256(claims(all), header: #"{"alg":"ES256","kid":"\#(id)","typ":"JWT"}"#)
    }

    @Test("standing by, in use, used before, revoked: each step without a token that is refused in between")
    func steps() async throws {
        let (old, new) = (try Forge(), try Forge())
        try await Self.withProject(first: Forge.keySet(old.ecEntry("old"), new.ecEntry("new"))) { project, server in
            let (first, next) = (try Self.token(old, "old"), try Self.token(new, "new"))
            #expect(await project.outcome(first) == "anna")
            #expect(await project.outcome(next) == "anna")
            #expect(server.requests == 1)  // the key that stood by was fetched with the other
            server.serve(Forge.keySet(new.ecEntry("new"), old.ecEntry("old")))
            await project.refreshKeys()
            #expect(await project.outcome(first) == "anna")
            #expect(await project.outcome(next) == "anna")
            server.serve(Forge.keySet(new.ecEntry("new")))
            await project.refreshKeys()
            #expect(await project.outcome(next) == "anna")
            #expect(await project.refuses(first))
        }
    }

    @Test("a key that was revoked does not count once more after the cache's time, however long nobody logged in")
    func revokedAfterAWhile() async throws {
        let (old, new) = (try Forge(), try Forge())
        let pace = KeySource.Pace(
            interval: .zero, intervalAfterFailure: .zero, freshFor: .seconds(600), trustedFor: .zero)
        try await Self.withProject(pace: pace, first: Forge.keySet(old.ecEntry("old"))) { project, server in
            let token = try Self.token(old, "old")
            #expect(await project.outcome(token) == "anna")
            server.serve(Forge.keySet(new.ecEntry("new")))
            #expect(await project.refuses(token))
            #expect(try await project.outcome(Self.token(new, "new")) == "anna")
            // Without its address, the last keys count.
            await server.end()
            #expect(try await project.outcome(Self.token(new, "new")) == "anna")
        }
    }

    @Test("keys from a cache refuse nobody whose key may be newer than they are")
    func cached() async throws {
        let (old, new) = (try Forge(), try Forge())
        try await Self.withProject(first: Forge.keySet(old.ecEntry("old"))) { project, server in
            server.serve(Forge.keySet(old.ecEntry("old")), age: 400)
            let (fresh, earlier) = (["iat": "\(now.seconds - 10)"], ["iat": "\(now.seconds - 1000)"])
            let token = try Self.token(new, "new", fresh)
            #expect(await project.outcome(token).hasPrefix("unavailable: "))
            #expect(try await project.refuses(Self.token(new, "new", earlier)))
            #expect(try await project.refuses(Self.token(new, "new")))  // without a time
            server.serve(Forge.keySet(old.ecEntry("old"), new.ecEntry("new")), age: 0)
            #expect(await project.outcome(token) == "anna")
            // A senseless age keeps nothing undecided for ever.
            server.serve(Forge.keySet(old.ecEntry("old")), age: .max)
            #expect(try await project.refuses(Self.token(new, "other", ["iat": "\(now.seconds - 90_000)"])))
            server.serve(Forge.keySet(old.ecEntry("old")), age: -5)
            #expect(try await project.refuses(Self.token(new, "other", fresh)))
        }
    }

    @Test("an API key is not a user's token, whichever it is, and the log says where it belongs")
    func apiKeys() async throws {
        let forge = try Forge()
        try await Self.withProject(first: Forge.keySet(forge.ecEntry("k"))) { project, _ in
            let publishable = await project.outcome("sb_publishable_AbCd_1234")
            #expect(publishable == "rejected: it is a publishable key, which proves no user and belongs in apikey")
            #expect(await project.outcome("sb_secret_AbCd_1234").contains("no client may have"))
            // The older keys are JWTs, of roles that stand for no user.
            for role in ["anon", "service_role"] {
                let key = try Self.token(forge, "k", ["role": #""\#(role)""#, "sub": absent])
                #expect(await project.refuses(key))
            }
            let other = try Self.token(forge, "k", ["iss": #""https://other.supabase.co/auth/v1""#])
            #expect(await project.outcome(other) == "rejected: it has another issuer")
        }
    }

    @Test("without keys no load balancer sends clients, and its question leads to them")
    func readiness() async throws {
        let forge = try Forge()
        let lines = Mutex<[String]>([])
        let log = Logger(label: "test") { _ in LineLog { line in lines.withLock { $0.append(line) } } }
        try await Self.withProject(log: log, first: "not yet") { project, server in
            let deadline = ContinuousClock.now + .seconds(60)
            while await project.problem() != "the public keys cannot be fetched" {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(5))
            }
            server.serve(Forge.keySet(forge.ecEntry("k")))
            while await project.problem() != nil {
                try #require(ContinuousClock.now < deadline)
                try await Task.sleep(for: .milliseconds(5))
            }
            // With keys from before it stays ready.
            server.serve("", status: 500)
            await project.refreshKeys()
            #expect(await project.problem() == nil)
            let said = lines.withLock { $0 }
            #expect(
                said.first == "Cannot fetch the token keys from \(server.url): what the address gives holds no RSA or "
                    + "P-256 key. Tokens that need them are not accepted until they are there.")
            #expect(
                said.last == "Cannot fetch the token keys from \(server.url): HTTP 500. The previous keys stay in use.")
        }
    }

    @Test("keys of a server whose certificate nobody vouches for are none")
    func untrusted() async throws {
        let forge = try Forge()
        try await Self.withProject(trusts: false, first: Forge.keySet(forge.ecEntry("k"))) { project, server in
            let token = try Self.token(forge, "k")
            #expect(await project.outcome(token).hasPrefix("unavailable: "))
            #expect(server.requests == 0)
        }
    }
}

/// Passes on the text of every line.
private struct LineLog: LogHandler {
    let add: @Sendable (String) -> Void
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    init(add: @escaping @Sendable (String) -> Void) { self.add = add }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { add("\(event.message)") }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
