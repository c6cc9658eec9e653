import ArgumentParser
import ChatServer
import ChatWire
import Foundation
import RateLimiting
import Testing
import WebSocketTransport

@testable import ServerRuntime
@testable import chat_server

@Suite("The server's command line")
struct ServerOptionsTests {
    /// The settings that follow from a command line and these variables.
    private func settings(_ arguments: [String], _ variables: [String: String] = [:]) throws -> ServerSettings {
        try parse(arguments, variables) { try $0.settings() }
    }

    private func tokens(_ arguments: [String], _ variables: [String: String] = [:]) throws -> TokenSettings {
        try parse(["--auth", "jwt"] + arguments, variables) { try #require(try $0.acceptedTokens()) }
    }

    private func parse<Result>(
        _ arguments: [String], _ variables: [String: String], _ body: (ServerOptions) throws -> Result
    ) throws -> Result {
        let variables = variables.merging(["HOME": "/nowhere"]) { given, _ in given }
        return try ServerOptions.$environment.withValue(variables) { try body(try ServerOptions.parse(arguments)) }
    }

    private func logger(_ arguments: [String], _ variables: [String: String] = [:]) throws {
        _ = try ServerOptions.$environment.withValue(variables) { try ServerOptions.parse(arguments).makeLogger() }
    }

    /// The error message for a command line.
    private func complaint(_ arguments: [String], _ variables: [String: String] = [:]) -> String? {
        do {
            _ = try settings(arguments, variables)
            try logger(arguments, variables)
            return nil
        } catch {
            return ServerOptions.message(for: error)
        }
    }

    @Test("what is no number is told to be one", arguments: ["0.05", "many", "1'"])
    func noNumber(_ value: String) {
        #expect(throws: (any Error).self) { try settings(["--message-rate", value]) }
        do {
            _ = try settings(["--message-rate", value])
        } catch {
            let message = ArgumentErrorMessage.explained(ServerOptions.fullMessage(for: error), [])
            #expect(message.hasPrefix("Error: --message-rate must be a whole number, not '\(value)'.\n"))
        }
    }

    #if Cluster
    private static let commands = "token, backup, restore, user, migrate"
    #else
    private static let commands = "token, backup, restore, user"
    #endif

    @Test(
        "what the library does not say well is said so that somebody knows what to do",
        arguments: [
            ["--retain", "-1"]: "--retain must be a whole number, 0 or more, not '-1'.",
            ["--retain"]: "--retain needs a value.",
            ["--host", "--no-unix"]:
                "--host needs a value, but '--no-unix' looks like an option. If it is the value, write --host=--no-unix.",
            ["bakup", "x"]: "Unknown command 'bakup': the commands are \(commands).",
            ["user", "foo", "bar"]: "Unknown command 'foo': the commands are ban, unban, export, delete.",
        ])
    func complaints(_ arguments: [String], _ sentence: String) {
        do {
            _ = try ChatServerCommand.parseAsRoot(arguments)
            Issue.record("taken")
        } catch {
            let message = ArgumentErrorMessage.explained(
                ChatServerCommand.fullMessage(for: error), ["chat-server"] + arguments)
            #expect(message.hasPrefix("Error: \(sentence)\n"), "\(message)")
        }
    }

    @Test func byDefault() throws {
        let settings = try settings([])
        #expect(settings.messageRate == Rate(burst: 60, perSecond: 1))
        #expect(settings.byteRate == Rate(burst: 1 << 20, perSecond: 65_536))
        #expect(settings.connectionsPerUser == 100)
        #expect(settings.eventRate == Rate(burst: 1000, perSecond: 100))
        #expect(settings.requestsPerUser == 1000 && settings.blocksPerUser == 1000)
        #expect(settings.addressLimits == AddressLimits(connections: 1000, handshakes: 200, requests: 200))
        #expect(!settings.policy.admits(origin: "https://shop.example", host: nil, isLocal: true))
        #expect(settings.limits == MessageLimits(characters: 500, bytes: 4096))
        #expect(settings.authTime == .seconds(10) && settings.socketLimits == WebSocketLimits())
    }

    /// The server inside chat-tui has the limits from the settings' defaults.
    @Test func oneOfItsUsersOwnHasTheSameLimits() throws {
        let (told, own) = (try settings([]), ServerSettings(store: .memory))
        #expect(told.messageRate == own.messageRate && told.byteRate == own.byteRate && told.eventRate == own.eventRate)
        for limit in Self.limits { #expect(limit.value(told) == limit.value(own), "\(limit.flag)") }
        #expect(told.addressLimits == own.addressLimits && told.socketLimits == own.socketLimits)
        #expect(told.limits == own.limits && told.authTime == own.authTime)
        #expect(told.heartbeatSeconds == own.heartbeatSeconds && own.port == nil && own.authentication == nil)
    }

    @Test func commandsTakeNoBlankUser() throws {
        #expect(throws: (any Error).self) { try UserID(argument: " ") }
        #expect(try UserID(argument: "anna b").wire == "anna b")
    }

    @Test func retention() throws {
        #expect(try settings([]).retention == nil)
        #expect(try settings(["--retain", "30"]).retention == .seconds(30 * 86_400))
        #expect(try settings([], ["CHAT_SERVER_RETAIN": "1"]).retention == .seconds(86_400))
        for days in ["0", "36501"] {
            #expect(complaint(["--retain", days]) == "--retain is a number from 1 to 36500.")
        }
    }

    @Test func operatorsCommandsAreAboutTheServersDatabase() throws {
        func path(_ arguments: [String], _ variables: [String: String] = ["HOME": "/nowhere"]) throws -> String {
            try ServerOptions.$environment.withValue(variables) {
                try StoreOption.parse(arguments).path(inPostgreSQL: "")
            }
        }
        #expect(try path([]) == "/nowhere/.local/share/chat-server/chat.sqlite")
        #expect(try path(["--store", "sqlite:x"]) == "x")
        #expect(try path([], ["DATABASE_URL": "sqlite:y"]) == "y")
        #expect(throws: (any Error).self) { try path(["--store", "memory:"]) }
        #expect(throws: (any Error).self) { try path([], [:]) }
    }

    #if Cluster
    @Test("what works on SQLite's file only says what PostgreSQL has instead")
    func commandsOnPostgreSQL() async throws {
        let store = ["--store", "postgres://localhost/chat"]
        func ran(_ arguments: String...) async -> String {
            do {
                try await ServerOptions.$environment.withValue(["HOME": "/nowhere"]) {
                    var command = try ChatServerCommand.parseAsRoot(arguments + store)
                    guard var asynchronous = command as? any AsyncParsableCommand else { return try command.run() }
                    try await asynchronous.run()
                }
                return "it ran"
            } catch {
                return ChatServerCommand.message(for: error)
            }
        }
        let beginning = "This command works on SQLite's file only. In PostgreSQL: "
        #expect(await ran("backup", "copy") == beginning + BackupCommand.inPostgreSQL)
        #expect(await ran("restore", "copy") == beginning + RestoreCommand.inPostgreSQL)
        #expect(await ran("user", "export", "alice") == beginning + UserCommand.Export.inPostgreSQL)
        #expect(await ran("user", "delete", "alice") == beginning + UserCommand.Delete.inPostgreSQL)
        #expect(
            complaint(["--retain", "30"] + store) == """
                --retain works on SQLite's file only. In PostgreSQL: as the owner, DELETE FROM messages WHERE created_at < \
                now() - interval '30 days'
                """)
    }
    #endif

    /// A limit: its flag, its variable, and its place in the settings.
    struct Limit: Sendable, CustomTestStringConvertible {
        var flag: String
        var variable: String
        var value: @Sendable (ServerSettings) -> Int?
        var testDescription: String { flag }
    }

    static let limits = [
        Limit(flag: "--user-connections", variable: "USER_CONNECTIONS") { $0.connectionsPerUser },
        Limit(flag: "--user-requests", variable: "USER_REQUESTS") { $0.requestsPerUser },
        Limit(flag: "--user-blocks", variable: "USER_BLOCKS") { $0.blocksPerUser },
        Limit(flag: "--event-rate", variable: "EVENT_RATE") { $0.eventRate?.perSecond },
        Limit(flag: "--address-connections", variable: "ADDRESS_CONNECTIONS") { $0.addressLimits.connections },
        Limit(flag: "--address-handshakes", variable: "ADDRESS_HANDSHAKES") { $0.addressLimits.handshakes },
        Limit(flag: "--address-requests", variable: "ADDRESS_REQUESTS") { $0.addressLimits.requests },
        Limit(flag: "--address-sockets", variable: "ADDRESS_SOCKETS") { $0.socketLimits.addressSockets },
        Limit(flag: "--address-accepts", variable: "ADDRESS_ACCEPTS") { $0.socketLimits.addressAccepts },
        Limit(flag: "--openings", variable: "OPENINGS") { $0.socketLimits.openings },
        Limit(flag: "--address-openings", variable: "ADDRESS_OPENINGS") { $0.socketLimits.addressOpenings },
        Limit(flag: "--answer-bytes", variable: "ANSWER_BYTES") { $0.socketLimits.answerBytes },
        Limit(flag: "--address-answer-bytes", variable: "ADDRESS_ANSWER_BYTES") { $0.socketLimits.addressAnswerBytes },
        Limit(flag: "--byte-rate", variable: "BYTE_RATE") { $0.byteRate?.perSecond },
        Limit(flag: "--message-rate", variable: "MESSAGE_RATE") { $0.messageRate?.perSecond },
    ]

    @Test("every limit that 0 switches off is tested here") func allLimits() {
        let help = LimitOptions.helpMessage(columns: 500)
        let flags = help.matches(of: /(?ms)^ +(--[a-z-]+)(.*?)(?=^ +-|\z)/).filter { $0.2.contains("0 for no limit") }
        #expect(flags.map { String($0.1) }.sorted() == Self.limits.map(\.flag).sorted())
    }

    @Test("a limit: its flag, its variable, the flag before the variable, 0 for none, nonsense", arguments: limits)
    func limit(_ limit: Limit) throws {
        let name = "CHAT_SERVER_" + limit.variable
        #expect(limit.value(try settings([limit.flag, "7"])) == 7)
        #expect(limit.value(try settings([], [name: "8"])) == 8)
        #expect(limit.value(try settings([limit.flag, "7"], [name: "8"])) == 7)
        #expect(limit.value(try settings([limit.flag, "0"])) == nil)
        #expect(limit.value(try settings([], [name: "0"])) == nil)
        for text in ["-1", "x", "2000000000000"] {
            #expect(complaint([], [name: text])?.hasPrefix("\(limit.flag) is a number from 0 to ") == true)
            #expect(complaint(["\(limit.flag)=\(text)"])?.contains(limit.flag) == true)
        }
    }

    @Test func bursts() throws {
        let rate = Rate(burst: 5000, perSecond: 65_536)
        #expect(try settings(["--byte-burst", "5000"]).byteRate == rate)
        #expect(try settings([], ["CHAT_SERVER_BYTE_BURST": "5000"]).byteRate == rate)
        #expect(try settings(["--byte-burst", "5000", "--byte-rate", "0"]).byteRate == nil)
        #expect(complaint(["--byte-burst", "0"]) == "--byte-burst is a number from 1 to 1000000000.")
        // By default every message may have the greatest length. If messages are unlimited, so are bytes.
        let many = try settings(["--message-burst", "1000", "--message-rate", "100"])
        #expect(many.byteRate == Rate(burst: 8_192_000, perSecond: 819_200))
        #expect(try settings(["--message-rate", "0"]).byteRate == nil)
        #expect(try settings(["--message-rate", "0"]).eventRate == nil)
        #expect(try settings(["--event-burst", "5"]).eventRate == Rate(burst: 5, perSecond: 100))
    }

    @Test func bytesOfAnswers() throws {
        #expect(try settings(["--answer-bytes", "7"]).socketLimits.answerBytes == 7)
        #expect(try settings([], ["CHAT_SERVER_ANSWER_BYTES": "8"]).socketLimits.answerBytes == 8)
        #expect(try settings(["--answer-bytes", "0"]).socketLimits.answerBytes == nil)
        #expect(try settings(["--address-answer-bytes", "7"]).socketLimits.addressAnswerBytes == 7)
        #expect(try settings(["--sockets", "7"]).socketLimits.sockets == 7)
        #expect(complaint(["--sockets", "0"]) == "--sockets is a number from 1 to 10000000.")
    }

    @Test func proxies() throws {
        let both = try settings(["--trusted-proxy", "unix", "--trusted-proxy", "10.0.0.0/8"]).trustedProxies
        #expect(both == TrustedProxies([try #require(AddressRange("10.0.0.0/8"))], includesUnixSocket: true))
        #expect(try settings([], ["CHAT_SERVER_TRUSTED_PROXY": "unix"]).trustedProxies.includesUnixSocket)
        #expect(try settings([]).trustedProxies == TrustedProxies())
        #expect(complaint(["--trusted-proxy", "x"])?.contains("or 'unix'") == true)
    }

    /// A limit that cannot be switched off, and a valid value.
    struct Bound: Sendable, CustomTestStringConvertible {
        var flag: String
        var variable: String
        var good: Int
        var value: @Sendable (ServerSettings) -> Int
        var testDescription: String { flag }
    }

    static let bounds = [
        Bound(flag: "--auth-time", variable: "AUTH_TIME", good: 7) { Int($0.authTime.components.seconds) },
        Bound(flag: "--queue-time", variable: "QUEUE_TIME", good: 7) {
            Int($0.socketLimits.writeDeadline.components.seconds)
        },
        Bound(flag: "--queue-bytes", variable: "QUEUE_BYTES", good: 300_000) { $0.socketLimits.outboundBytes },
        Bound(flag: "--frame-bytes", variable: "FRAME_BYTES", good: 300_000) { $0.socketLimits.frameBytes },
        Bound(flag: "--message-bytes", variable: "MESSAGE_BYTES", good: 600) { $0.limits.bytes },
        Bound(flag: "--max-message-length", variable: "MAX_MESSAGE_LENGTH", good: 7) { $0.limits.characters },
    ]

    @Test("what has to have a bound: its flag, its variable, the flag before the variable, nonsense", arguments: bounds)
    func bound(_ bound: Bound) throws {
        let name = "CHAT_SERVER_" + bound.variable
        #expect(bound.value(try settings([bound.flag, "\(bound.good)"])) == bound.good)
        #expect(bound.value(try settings([], [name: "\(bound.good + 1)"])) == bound.good + 1)
        #expect(bound.value(try settings([bound.flag, "\(bound.good)"], [name: "\(bound.good + 1)"])) == bound.good)
        for text in ["-1", "0", "x", "2000000000"] {
            #expect(complaint([], [name: text])?.hasPrefix("\(bound.flag) is a number from ") == true)
            #expect(complaint(["\(bound.flag)=\(text)"])?.contains(bound.flag) == true)
        }
    }

    @Test("a frame holds a message whatever is in it, and a message its characters") func sizes() throws {
        #expect(
            complaint(["--frame-bytes", "40959"])
                == "--frame-bytes 40959 is too little: a message of 4096 bytes may take 40960 in its frame (--message-bytes)."
        )
        let small = try settings(["--frame-bytes", "40960"]).socketLimits
        #expect(small.frameBytes == 40_960 && small.messageBytes == 40_960)
        // The default also fits the longest messages.
        #expect(complaint(["--message-bytes", "8192", "--frame-bytes", "65536"]) == nil)
        #expect(complaint(["--message-bytes", "8193"]) == "--message-bytes is a number from 1 to 8192.")
        #expect(
            complaint(["--max-message-length", "4097"])
                == "--max-message-length 4097 is more than fits into a message of 4096 bytes (--message-bytes).")
        #expect(
            try settings(["--max-message-length", "8192", "--message-bytes", "8192"]).limits
                == MessageLimits(characters: 8192, bytes: 8192))
        #expect(try settings(["--message-bytes", "40"]).limits == MessageLimits(characters: 40, bytes: 40))
        let many = try settings(["--message-burst", "1000", "--message-rate", "100", "--message-bytes", "8192"])
        #expect(many.byteRate == Rate(burst: 16_384_000, perSecond: 1_638_400))
        let queue = try settings(["--queue-bytes", "400000"]).socketLimits
        #expect(queue.outboundBytes == 400_000 && queue.sheddingBytes == 100_000)
        #expect(complaint(["--queue-bytes", "262143"]) == "--queue-bytes is a number from 262144 to 1073741824.")
    }

    @Test func origins() throws {
        let shops = ["https://shop.example", "https://other.example:444"]
        let written = ["HTTPS://Shop.Example:443/", "https://other.example:0444/"]
        let all = [
            try settings(shops.flatMap { ["--allow-origin", $0] }),
            try settings(written.flatMap { ["--allow-origin", $0] }),
            try settings([], ["CHAT_SERVER_ALLOW_ORIGIN": shops.joined(separator: " ")]),
        ]
        for settings in all {
            for shop in shops { #expect(settings.policy.admits(origin: shop, host: nil, isLocal: true)) }
            #expect(!settings.policy.admits(origin: "https://evil.example", host: nil, isLocal: true))
        }
        for text in ["*", "chat.example", "https://chat.example/chat", "null", "wss://chat.example"] {
            #expect(complaint(["--allow-origin", text])?.hasPrefix("--allow-origin is what a browser sends") == true)
        }
    }

    // MARK: - Who may come in

    private static let secret = ["SUPABASE_JWT_SECRET": String(repeating: "s", count: 32)]

    @Test("without tokens only this machine is served, unless somebody says that it is meant") func hosts() throws {
        for host in ["127.0.0.1", "127.9.9.9", "::1", "localhost"] { #expect(complaint(["--host", host]) == nil) }
        for host in ["0.0.0.0", "::", "192.0.2.1", "chat.example", "127.0.0.1.example"] {
            let start = "There is no authentication, so --host \(host) would let anyone read everything"
            #expect(complaint(["--host", host])?.hasPrefix(start) == true)
            #expect(complaint(["--host", host], ["CHAT_SERVER_AUTH": "none"])?.hasPrefix(start) == true)
            #expect(complaint(["--host", host, "--insecure-allow-remote"]) == nil)
            #expect(complaint(["--host", host, "--auth", "jwt"], Self.secret) == nil)
        }
        let open = try settings(["--insecure-allow-remote"]).policy
        #expect(open.admits(origin: nil, host: "chat.example", isLocal: false))
        let local = try settings([]).policy
        #expect(!local.admits(origin: nil, host: "chat.example", isLocal: true))
        #expect(!local.admits(origin: nil, host: nil, isLocal: false))
    }

    #if Cluster
    /// On one SQLite file there is one server.
    @Test("what is about several servers is refused where there is one", arguments: ["sqlite:/tmp/x.db", "memory:"])
    func clusterOptions(_ store: String) {
        let words = [
            "--node": "--node names one of several servers on one database in PostgreSQL: add --store postgres://….",
            "--bus": "--bus connects servers on one database in PostgreSQL: add --store postgres://….",
        ]
        for (flag, sentence) in words {
            let variable = "CHAT_SERVER_" + flag.dropFirst(2).uppercased()
            #expect(complaint(["--store", store, flag, "nats://x"]) == sentence)
            #expect(complaint(["--store", store], [variable: "nats://x"]) == sentence)
            #expect(complaint(["--store", "postgres://localhost/x", flag, "nats://x"]) == nil)
        }
    }

    @Test("a node has a name that fits into what nodes tell each other") func nodeNames() {
        let store = ["--store", "postgres://localhost/x"]
        let sentence = "--node is this server's name: a name is 1 to 128 characters without control characters."
        for name in ["", " ", "a\tb", String(repeating: "a", count: 129), String(repeating: "a", count: 9000)] {
            #expect(complaint(store + ["--node", name]) == sentence)
        }
        for name in ["a", "синий", String(repeating: "ж", count: 128)] {
            #expect(complaint(store + ["--node", name]) == nil)
        }
        let bus = "nats://localhost/" + String(repeating: "a", count: 129)
        #expect(complaint(store + ["--bus", bus])?.contains("with up to 128 letters") == true)
    }
    #endif

    @Test func contradictions() {
        #expect(
            complaint(["--auth", "jwt", "--insecure-allow-remote"], Self.secret)?.contains(
                "leave --insecure-allow-remote out")
                == true)
        for flag in ["--jwks-url", "--jwt-secret-file", "--jwt-audience", "--jwt-issuer"] {
            let variable = "CHAT_SERVER_" + flag.dropFirst(2).uppercased().replacing("-", with: "_")
            for text in [complaint([flag, "https://x"]), complaint([], [variable: "https://x"])] {
                #expect(text?.hasPrefix("\(flag) applies only to --auth jwt") == true)
            }
        }
        #expect(complaint(["--auth", "perhaps"]) == "--auth is none or jwt.")
    }

    @Test("tokens are checked with a secret that cannot be guessed, or with keys from where nobody can change them")
    func keys() throws {
        let byHand = try tokens([], Self.secret)
        #expect(
            byHand.secrets.map(\.count) == [32] && byHand.secretFiles.isEmpty && byHand.keySetURL == nil
                && byHand.rules.audience == "authenticated")
        #expect(complaint(["--auth", "jwt"])?.hasPrefix("--auth jwt needs keys to check tokens with") == true)
        let short = ["SUPABASE_JWT_SECRET": String(repeating: "s", count: 31)]
        #expect(complaint(["--auth", "jwt"], short)?.hasPrefix("SUPABASE_JWT_SECRET has 31 bytes") == true)
        for url in ["https://id.example/keys", "http://127.0.0.1:9/keys", "http://localhost/keys"] {
            #expect(complaint(["--auth", "jwt", "--jwks-url", url]) == nil)
        }
        for url in ["http://id.example/keys", "http://127.0.0.1.example/", "file:///keys", "keys", "https://"] {
            let text = complaint(["--auth", "jwt", "--jwks-url", url])
            #expect(text?.contains("fetched from https:// only") == true, "\(url)")
        }
        let hosted = try tokens([], ["SUPABASE_URL": "https://ref.supabase.co/"])
        #expect(hosted.keySetURL == "https://ref.supabase.co/auth/v1/.well-known/jwks.json")
        #expect(hosted.rules.issuer == "https://ref.supabase.co/auth/v1" && hosted.secrets.isEmpty)
        #expect(
            complaint(["--auth", "jwt"], ["SUPABASE_URL": "http://ref.supabase.co"])?.contains("SUPABASE_URL") == true)
    }

    @Test("a project's address says all that its tokens are checked with, and what contradicts it is refused")
    func project() throws {
        let url = "https://ref.supabase.co"
        for project in [
            try settings(["--supabase-url", url]), try settings(["--supabase-url", url + "/", "--auth", "jwt"]),
            try settings([], ["CHAT_SERVER_SUPABASE_URL": url]),
        ] { #expect(project.authentication != nil && project.policy.allowsRemote) }
        let found = try tokens(["--supabase-url", url], ["SUPABASE_URL": "https://other.supabase.co"])
        #expect(found.keySetURL == "https://ref.supabase.co/auth/v1/.well-known/jwks.json")
        #expect(found.rules.issuer == "https://ref.supabase.co/auth/v1" && found.rules.audience == "authenticated")
        // The legacy secret may count beside it.
        #expect(try tokens(["--supabase-url", url], Self.secret).secrets.count == 1)
        for flag in ["--jwks-url", "--jwt-audience", "--jwt-issuer"] {
            let variable = "CHAT_SERVER_" + flag.dropFirst(2).uppercased().replacing("-", with: "_")
            for text in [
                complaint(["--supabase-url", url, flag, "https://x"]),
                complaint(["--supabase-url", url], [variable: "https://x"]),
            ] {
                #expect(text == "--supabase-url sets by itself what \(flag) is for: leave one of the two out.")
            }
        }
        #expect(complaint(["--supabase-url", url, "--auth", "none"])?.contains("leave one of the two out") == true)
        for url in [
            "http://ref.supabase.co", "ref.supabase.co", "https://", "https://ref.supabase.co/auth/v1",
            "https://supabase.com/dashboard/project/ref", "https://ref.supabase.co?apikey=x",
            "https://me@ref.supabase.co", "postgres://ref.supabase.co",
        ] {
            let text = complaint(["--supabase-url", url])
            #expect(text?.hasPrefix("--supabase-url is the address of a project") == true, "\(url)")
        }
        #expect(complaint(["--supabase-url", "http://127.0.0.1:54321"]) == nil)
    }

    @Test("several secrets count, each from its own file, also by the variable") func secrets() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "a b \(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["new", "old"].map { folder.appending(path: $0).path }
        for (file, letter) in zip(files, ["n", "o"]) {
            try Data(String(repeating: letter, count: 32).appending("\n").utf8).write(to: URL(fileURLWithPath: file))
        }
        let both = try tokens(files.flatMap { ["--jwt-secret-file", $0] })
        #expect(both.secrets.map(\.first) == [UInt8(ascii: "n"), UInt8(ascii: "o")] && both.secretFiles == files)
        // A single path with a space, from the time when there could be only one.
        #expect(try tokens([], ["CHAT_SERVER_JWT_SECRET_FILE": files[0]]).secretFiles == [files[0]])
        let inHome = try tokens(
            [],
            [
                "CHAT_SERVER_JWT_SECRET_FILE": "~/\(folder.lastPathComponent)/new",
                "HOME": folder.deletingLastPathComponent().path,
            ])
        #expect(inHome.secretFiles.count == 1 && inHome.secrets.map(\.first) == [UInt8(ascii: "n")])
        let link = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path)
        defer { try? FileManager.default.removeItem(atPath: link) }
        let listed = try tokens([], ["CHAT_SERVER_JWT_SECRET_FILE": "\(link)/new \(link)/old"])
        #expect(listed.secrets == both.secrets)
        #expect(
            complaint(["--auth", "jwt", "--jwt-secret-file", files[0], "--jwt-secret-file", "/nowhere"])
                == "Cannot read the secret in /nowhere: there is no such file.")
    }

    @Test func logFormats() throws {
        for format in ["text", "json"] {
            #expect(complaint(["--log-format", format]) == nil)
            #expect(complaint([], ["CHAT_SERVER_LOG_FORMAT": format]) == nil)
        }
        for format in ["xml", "JSON", ""] {
            #expect(complaint(["--log-format", format]) == "--log-format is text or json.")
        }
        #expect(complaint([], ["CHAT_SERVER_LOG_FORMAT": "xml"]) == "--log-format is text or json.")
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "level").path
        #expect(
            complaint(["--log-level-file", file]) == "Cannot read the log's level in \(file): there is no such file.")
        for (text, isGood) in [("debug\n", true), (" WARNING ", true), ("", false), ("loud", false)] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            #expect((complaint(["--log-level-file", file]) == nil) == isGood)
            #expect((complaint([], ["CHAT_SERVER_LOG_LEVEL_FILE": file]) == nil) == isGood)
        }
        #expect(
            complaint(["--log-level", "debug", "--log-level-file", file])?.contains(
                "either --log-level or --log-level-file") == true)
        #expect(complaint(["--log-level", "loud"])?.hasPrefix("--log-level is one of trace, debug, ") == true)
    }
}
