import Foundation
import Testing

extension EndToEnd {
    /// The texts of `Tests/Corpus`, written to a window by somebody who uses another client.
    @Suite struct HostileTextTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        /// The terminal's state that a text might change, by tmux's names.
        private static let states = [
            "pane_title", "alternate_on", "cursor_flag", "insert_flag", "origin_flag", "wrap_flag", "keypad_flag",
            "mouse_any_flag", "scroll_region_upper", "scroll_region_lower", "window_bell_flag", "pane_width",
            "pane_height",
        ]

        @Test func nothingOutsideItsOwnRowsChanges() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--message-rate", "0"])
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home, rows: 40)
            let bob = try RawClient(port: server.port, user: "bob")
            try send("после 0", on: bob)
            let before = try await alice.wait(for: "the text, and that bob is there") {
                $0.contains("после 0") && $0.header.contains("в сети")
            }
            let states = try Self.states.map { try state($0, of: alice) }
            for (number, text) in try corpus().enumerated().map({ ($0 + 1, $1) }) {
                try send("до \(number)", on: bob)
                try send(text.whole, on: bob)
                try send("после \(number)", on: bob)
                let screen = try await alice.wait(for: "after “\(text.name)”") {
                    $0.rows.contains { $0.hasSuffix("после \(number)") }
                }
                let name = Comment(rawValue: "\(text.name)\n\(screen.framed)")
                #expect(screen.header == before.header, name)
                #expect(screen.inputRows == before.inputRows && screen.counterLine == before.counterLine, name)
                #expect(screen.scrollback.count == before.scrollback.count, name)
                #expect(screen.scrollback.last?.hasSuffix("после \(number)") == true, name)
                if let row = screen.row(of: "до \(number)"), let above = screen.row(of: "после \(number - 1)") {
                    #expect(row - above <= 2, name)  // a name and a time may be in between
                }
                #expect(try Self.states.map { try state($0, of: alice) } == states, name)
            }
            try await alice.send("и ответ")
            try await alice.wait(forText: "и ответ ✓")
            try alice.press("C-d")
            #expect(try await alice.waitForExit() == 0)
            for log in ["server.log", "state/chat-tui/chat-tui.log"] {
                let lines = try home.read(log)
                #expect(lines.contains(": ") && lines.unicodeScalars.allSatisfy { !Self.isHarmful($0) }, "\(log)")
            }
        }

        /// A property of the window; the title is without the program's count of new messages.
        private func state(_ name: String, of window: TmuxTerminal) throws -> String {
            let value = try window.property(name)
            return name == "pane_title" ? String(value.drop { "()0123456789 ".contains($0) }) : value
        }

        /// Messages about wrong arguments contain nothing that a terminal acts upon.
        @Test(arguments: [
            ["chat-server"], ["chat-server", "--store"],
            ["chat-server", "--port", "0", "--tls-key", "x", "--tls-cert"],
            ["chat-tui"], ["chat-tui", "--lang"], ["chat-tui", "--user", "a", "--seller", "b", "--url"],
            ["chat-tui", "--user", "a", "--seller", "b", "--log-file"],
        ])
        func argumentsAreQuotedHarmlessly(command: [String]) throws {
            let text = try corpus().map(\.whole).joined(separator: "|").split(separator: "\0").joined()
            let program = try Programs.built(command[0])
            let failure = #expect(throws: Programs.Failed.self) {
                try Programs.run([program] + command.dropFirst() + ["/dev/null/" + text], environment: home.environment)
            }
            let output = try #require(failure?.output)
            #expect(output.contains { $0.isLetter })
            #expect(!output.unicodeScalars.contains(where: Self.isHarmful), "\(output.debugDescription)")
        }

        /// The server answers: it took the message, or it says why not.
        private func send(_ text: String, on client: RawClient) throws {
            let json = String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
            client.send(#"{"type":"message","senderId":"bob","receiverId":"alice","messageText":\#(json)}"#)
            let answer = try client.nextText()
            #expect(answer.contains("message_sent") || answer.contains("invalid_message"), "\(answer)")
        }

        private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
            let isControl = scalar.value < 0x20 && scalar != "\n" || (0x7F...0x9F).contains(scalar.value)
            return isControl || scalar.properties.isBidiControl
        }

        private struct Text: Decodable {
            let name: String
            let text: String
            let times: Int?

            var whole: String { String(repeating: text, count: times ?? 1) }
        }

        private func corpus() throws -> [Text] {
            let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            let data = try Data(contentsOf: tests.appending(path: "Corpus/hostile-text.json"))
            return try JSONDecoder().decode(Corpus.self, from: data).texts
        }

        private struct Corpus: Decodable {
            let texts: [Text]
        }
    }
}
