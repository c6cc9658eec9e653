import Foundation
import Testing

extension EndToEnd {
    /// The search in all conversations, `/date`, and `chat-tui search`.
    @Suite struct FindingTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        @Test func findOpenAndBack() async throws {
            var server: ServerProcess? = try await ServerProcess.start(home: home, options: ["--message-rate", "0"])
            let url = try #require(server).url
            // The message that is looked for is above what opening the conversation loads.
            let lines = ["Продаёте диван?"] + (1...250).map { "строка \($0)" }
            for (user, input) in [("bob", lines.joined(separator: "\n")), ("carl", "Дивана не осталось?")] {
                let sent = try CommandRun(
                    ["--plain", "--user", user, "--seller", "alice", "--url", url], home: home, input: input)
                #expect(try await sent.waitForExit(within: .seconds(60)).code == 0)
            }
            // A first log-in stores the newest page of the conversation that it opens, and says so.
            let search = ["search", "--user", "alice", "--url", url, "продаёте"]
            let opened = try CommandRun(
                ["--plain", "--user", "alice", "--seller", "bob", "--url", url], home: home,
                input: "Добрый день!")
            #expect(try await opened.waitForExit(within: .seconds(60)).code == 0)
            let part = try await CommandRun.outcome(search, home: home)
            #expect(part.code == 1 && part.errors.contains("не везде"))
            #expect(part.errors.contains("некоторых бесед"), "nobody has loaded the list")
            let export = ["export", "--user", "alice", "--with", "bob", "--url", url]
            #expect(try await CommandRun.outcome(export, home: home).errors.contains("ещё не загружена"))

            // The list's window loads the rest.
            let program = try Programs.built("chat-tui")
            let alice = try TmuxTerminal([program, "--user", "alice", "--url", url], home: home)
            try await alice.waitUntilConnected()
            try await alice.wait(forText: "carl (1)")
            let whole = try await CommandRun.outcomeWithoutErrors(search, home: home)
            #expect(whole.code == 0 && whole.errors == "")
            #expect(try await CommandRun.outcome(export, home: home).errors == "")

            // It needs no server.
            server = nil
            try await alice.wait(forText: "Подключение...")
            try alice.press("M-s")
            try alice.type("диваны")
            try await alice.wait(for: "both") { $0.contains("▸ carl") && $0.contains("Продаёте диван?") }
            try alice.press("Down", "Enter")
            try await alice.wait(for: "the message among its neighbours") {
                $0.header.contains("bob") && $0.contains("Продаёте диван?") && $0.contains("строка 1")
            }
            try alice.press("Escape")
            try await alice.wait(for: "the same result") { $0.contains("▸ bob") && $0.contains("carl") }
            try alice.press("Escape")
            try await alice.wait(forText: "Найти беседу")
        }

        /// It reads beside an open window, and changes nothing.
        @Test func searchCommand() async throws {
            let server = try await ServerProcess.start(home: home)
            let options = ["search", "--user", "alice", "--url", server.url]
            let nothing = try await CommandRun.outcome(options + ["диван"], home: home)
            #expect(nothing.code == 66 && nothing.output == "" && nothing.errors.contains("нет истории"))
            #expect(!FileManager.default.fileExists(atPath: home.file("data/chat-tui")))

            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)
            for text in ["Продаёте диван?", "Синий ДИВАН!", "Стол"] { try await bob.send(text) }
            try await alice.wait(forText: "Стол")
            let names = try FileManager.default.contentsOfDirectory(atPath: home.file("data/chat-tui"))
            let found = try await CommandRun.outcome(options + ["диваны"], home: home)
            #expect(found.code == 0 && found.errors == "")
            #expect(found.lines.map { $0.contains("bob: Синий ДИВАН!") } == [true, false])
            let json = try await CommandRun.outcome(options + ["диван", "--json", "--limit", "1"], home: home)
            #expect(try json.code == 0 && json.lines.map { try JSONLine($0).text } == ["Синий ДИВАН!"])
            let both = try await CommandRun.outcome(options + ["див", "син"], home: home)
            #expect(both.lines.count == 1)
            let none = try await CommandRun.outcome(options + ["шкаф"], home: home)
            #expect(none.code == 1 && none.output == "" && none.errors == "")
            for wrong in [[], ["!"], ["диван", "--limit", "0"]] {
                #expect(try await CommandRun.outcome(options + wrong, home: home).code == 64)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: home.file("data/chat-tui")) == names)
        }
    }
}
