import ArgumentParser
import ChatServer
import Testing

@testable import chat_server

@Suite("The server's command line")
struct ServerOptionsTests {
    /// What a command line and these variables come to.
    private func settings(_ arguments: [String], _ variables: [String: String] = [:]) throws -> ServerSettings {
        let variables = variables.merging(["HOME": "/nowhere"]) { given, _ in given }
        return try ServerOptions.$environment.withValue(variables) { try ServerOptions.parse(arguments).settings() }
    }

    private func logger(_ arguments: [String], _ variables: [String: String] = [:]) throws {
        _ = try ServerOptions.$environment.withValue(variables) { try ServerOptions.parse(arguments).makeLogger() }
    }

    /// What somebody is told who gives these.
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
            let message = ChatServerCommand.explained(ServerOptions.fullMessage(for: error))
            #expect(message.hasPrefix("Error: --message-rate takes a whole number, not '\(value)'.\n"))
        }
    }

    @Test func byDefault() throws {
        let settings = try settings([])
        #expect(settings.messageRate == Rate(burst: 60, perSecond: 1))
        #expect(settings.byteRate == Rate(burst: 1 << 20, perSecond: 65_536))
        #expect(settings.connectionsPerUser == 100)
        #expect(settings.addressLimits == AddressLimits(connections: 1000, handshakes: 200, requests: 200))
        #expect(!settings.policy.admits(origin: "https://shop.example", host: nil, isLocal: true))
    }

    /// A limit, by its flag and variable, as the settings have it.
    struct Limit: Sendable, CustomTestStringConvertible {
        var flag: String
        var variable: String
        var value: @Sendable (ServerSettings) -> Int?
        var testDescription: String { flag }
    }

    static let limits = [
        Limit(flag: "--user-connections", variable: "USER_CONNECTIONS") { $0.connectionsPerUser },
        Limit(flag: "--address-connections", variable: "ADDRESS_CONNECTIONS") { $0.addressLimits.connections },
        Limit(flag: "--address-handshakes", variable: "ADDRESS_HANDSHAKES") { $0.addressLimits.handshakes },
        Limit(flag: "--address-requests", variable: "ADDRESS_REQUESTS") { $0.addressLimits.requests },
        Limit(flag: "--byte-rate", variable: "BYTE_RATE") { $0.byteRate?.perSecond },
        Limit(flag: "--message-rate", variable: "MESSAGE_RATE") { $0.messageRate?.perSecond },
    ]

    @Test("a limit: its flag, its variable, the flag before the variable, 0 for none, nonsense", arguments: limits)
    func limit(_ limit: Limit) throws {
        let name = "CHAT_SERVER_" + limit.variable
        #expect(limit.value(try settings([limit.flag, "7"])) == 7)
        #expect(limit.value(try settings([], [name: "8"])) == 8)
        #expect(limit.value(try settings([limit.flag, "7"], [name: "8"])) == 7)
        #expect(limit.value(try settings([limit.flag, "0"])) == nil)
        #expect(limit.value(try settings([], [name: "0"])) == nil)
        for text in ["-1", "x", "2000000000"] {
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
        // By default every message may be of the longest; where messages have no limit, bytes have none.
        let many = try settings(["--message-burst", "1000", "--message-rate", "100"])
        #expect(many.byteRate == Rate(burst: 8_192_000, perSecond: 819_200))
        #expect(try settings(["--message-rate", "0"]).byteRate == nil)
    }

    @Test func origins() throws {
        let shops = ["https://shop.example", "https://other.example"]
        let all = [
            try settings(shops.flatMap { ["--allow-origin", $0] }),
            try settings([], ["CHAT_SERVER_ALLOW_ORIGIN": shops.joined(separator: " ")]),
        ]
        for settings in all {
            for shop in shops { #expect(settings.policy.admits(origin: shop, host: nil, isLocal: true)) }
            #expect(!settings.policy.admits(origin: "https://evil.example", host: nil, isLocal: true))
        }
    }

    @Test func logFormats() {
        for format in ["text", "json"] {
            #expect(complaint(["--log-format", format]) == nil)
            #expect(complaint([], ["CHAT_SERVER_LOG_FORMAT": format]) == nil)
        }
        for format in ["xml", "JSON", ""] {
            #expect(complaint(["--log-format", format]) == "--log-format is text or json.")
        }
        #expect(complaint([], ["CHAT_SERVER_LOG_FORMAT": "xml"]) == "--log-format is text or json.")
        #expect(complaint(["--log-level", "loud"])?.hasPrefix("--log-level is one of trace, debug, ") == true)
    }
}
