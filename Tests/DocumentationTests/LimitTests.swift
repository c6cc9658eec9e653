import ServerRuntime
import Testing

@testable import chat_server

@Suite("Documentation: limits")
struct LimitTests {
    private static let flags: Set<String> = {
        let help = LimitOptions.helpMessage(columns: 500)
        return Set(help.matches(of: /(?m)^ +(--[a-z][a-z-]*)/).map { String($0.1) }).subtracting(["--help"])
    }()

    @Test("the tables have every limit, and nothing else") func names() throws {
        let documented = try Page("ChatServer", "Limits").rows(byCode: "--").keys
        #expect(Self.flags.count > 20)
        #expect(documented.sorted() == Self.flags.sorted())
    }

    private static func settings(_ arguments: [String]) throws -> String {
        try ServerOptions.$environment.withValue([:]) {
            var settings = ServerSettings(store: .memory)
            try LimitOptions.parse(arguments).apply(to: &settings)
            return "\(settings)"
        }
    }

    private static let standard = Result { try settings([]) }

    @Test("a flag with the default that is documented changes nothing, and with another one it does", arguments: flags)
    func defaults(_ flag: String) throws {
        let row = try #require(try Page("ChatServer", "Limits").rows(byCode: "--")[flag])
        try #require(row.count == 4)
        guard let number = Int(row[1].firstWord) else {
            #expect(flag == "--sockets", "\(flag) has a number by default, not '\(row[1])'")
            return
        }
        #expect(try Self.settings([flag, "\(number)"]) == Self.standard.get())
        #expect(try Self.settings([flag, "\(number + 1)"]) != Self.standard.get())
    }
}
