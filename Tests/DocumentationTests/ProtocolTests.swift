import Testing
import WebSocketTransport

@testable import ChatServer
@testable import ChatWire

@Suite("Documentation: the protocol and the metrics")
struct ProtocolTests {
    @Test("every error code is there") func errorCodes() throws {
        let codes = try Sources.matches(of: /ErrorCode\(rawValue: "([a-z_]+)"\)/, in: "Sources/ChatWire")
        #expect(codes.count > 5)
        #expect(try Page("ChatWire", "Errors").rows(byCode: "").keys.sorted() == codes.sorted())
    }

    @Test("every close code is there") func closeCodes() throws {
        let constant = /(?:static let \w+: UInt16|case \w+) = ([14]\d{3})\b/
        let codes = try ["ChatServer", "WebSocketTransport"].reduce(Set<String>()) {
            $0.union(try Sources.matches(of: constant, in: "Sources/\($1)"))
        }
        #expect(codes.count > 10)
        #expect(try Page("ChatWire", "CloseCodes").rows.map { $0[0] }.sorted() == codes.sorted())
    }

    @Test("every event is there, and no other") func events() throws {
        let codes = ClientEvent.Kind.allCases.map(\.rawValue) + ServerEvent.Kind.allCases.map(\.rawValue)
        let text = try ["Protocol1", "Protocol2", "TokensAndBlocks"].map { try Page("ChatWire", $0).text }.joined()
        let typed = text.matches(of: /"type":"([a-z_]+)"/).map { String($0.1) }
        let plain = text.matches(of: /\| `([a-z_]+)` with/).map { String($0.1) }
        #expect(Set(typed + plain).sorted() == Set(codes).sorted())
    }

    @Test("every member of an event is named") func members() throws {
        let names = try Sources.matches(of: /JSONName = "([A-Za-z]+)"/, in: "Sources/ChatWire/JSON")
        let words = Set(try Page.articles(of: "ChatWire").flatMap { $0.text.split { !$0.isLetter }.map(String.init) })
        #expect(names.count > 30)
        #expect(Set(names).subtracting(words).sorted() == [])
    }

    /// A page with everything that it can contain.
    private static var metrics: String {
        var figures = ServerFigures()
        figures.maxSockets = 1
        figures.residentBytes = 1
        figures.openDescriptors = 1
        figures.maxDescriptors = 1
        figures.httpAnswers = [200: 1]
        for refusal in SocketRefusal.allCases { figures.refusedSockets[refusal.rawValue] = 0 }
        return MetricsPage(
            metrics: Metrics(), version: "0", uptime: .zero, authorized: 0, commitQueue: 0, receiptQueue: 0,
            figures: figures, store: StoreCondition(databaseBytes: 0, logBytes: 0, freeBytes: 0),
            nodes: NodeFigures(name: "", others: 0, isOnBus: true, published: 0, taken: 0, gaps: 0)
        ).text
    }

    @Test("every metric is there, with its type") func metricNames() throws {
        let told = Self.metrics.matches(of: /# TYPE (\w+) (\w+)/).map { "\($0.1) \($0.2)" }
        let documented = try Page("ChatServer", "Metrics").rows.map { "\($0[0].codeSpans[0]) \($0[1])" }
        #expect(told.count > 30 && documented.sorted() == told.sorted())
    }

    @Test("all that is counted is on the page of the metrics") func counted() throws {
        let page = try Page("Sources/ChatServer/MetricsPage.swift").text
        for (owner, value) in [("metrics", Metrics()), ("figures", ServerFigures())] as [(String, Any)] {
            for member in Mirror(reflecting: value).children {
                let name = try #require(member.label)
                #expect(page.contains("\(owner).\(name)"), "\(owner).\(name)")
            }
        }
    }

    @Test("every label of a metric is there, with its values") func labels() throws {
        var told: [String: Set<String>] = [:]
        for sample in Self.metrics.matches(of: /(?m)^(\w+)\{(\w+)="([^"]*)"\}/) where sample.2 != "le" {
            told[String(sample.1), default: [String(sample.2)]].insert(String(sample.3))
        }
        #expect(told.count > 8)
        for row in try Page("ChatServer", "Metrics").rows {
            let (name, documented) = (row[0].codeSpans[0], Set(row[2].codeSpans))
            // The values of versions, statuses and names are open.
            let open = Set(["version", "status", "node"]).intersection(told[name] ?? [])
            #expect(documented == (open.isEmpty ? told[name] ?? [] : open), "\(name)")
        }
    }
}
