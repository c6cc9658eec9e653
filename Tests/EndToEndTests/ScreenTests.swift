import Foundation
import Testing

extension EndToEnd {
    @Suite struct ScreenTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        @Test(arguments: [(40, 10), (200, 50)])
        func resized(columns: Int, rows: Int) async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try alice.type("черновик")
            try await alice.wait(forText: "черновик")
            try alice.resize(columns: columns, rows: rows)
            let screen = try await alice.wait(for: "rules over \(columns) columns") {
                $0.rows.count == rows && $0.rows.count { $0.count == columns && $0.allSatisfy { $0 == "─" } } == 2
                    && $0.counterLine.contains("8/500")  // painted last
            }
            #expect(screen.header.contains("Иван Петров") && screen.header.hasSuffix("●"))
            #expect(screen.inputRows.contains { $0.contains("черновик") })
            try alice.resize(columns: 80, rows: 24)
            try await alice.wait(for: "80 columns again") { $0.rows.count == 24 && $0.rows[1].count == 80 }
        }

        @Test func tooSmallAndBack() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try alice.resize(columns: 20, rows: 4)
            try await alice.wait(forText: "Нужно окно")
            try alice.resize(columns: 80, rows: 24)
            try await alice.waitUntilConnected()
        }

        @Test func redrawRepairsTheScreen() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let screen = try await alice.wait(forText: "Начните диалог")
            try await scribbleOverAndRedraw(alice)
            try await alice.wait(for: "the screen as it was") { $0 == screen }
        }

        /// Another program writes over the screen and scrolls.
        private func scribbleOverAndRedraw(_ window: TmuxTerminal) async throws {
            let device = try FileHandle(forWritingTo: URL(fileURLWithPath: try window.property("pane_tty")))
            let scribble = "\u{1B}[H\u{1B}[31m" + String(repeating: "мусор\r\n", count: 30)
            try device.write(contentsOf: Data(scribble.utf8))
            try await window.wait(forText: "мусор")
            try window.press("C-l")
        }

        @Test func helpCoversTheConversationAndGoes() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let screen = try await alice.wait(forText: "Начните диалог")
            try alice.press("F1")
            try await alice.wait(forText: "Клавиши")
            try alice.press("Escape")
            try await alice.wait(for: "the screen as it was") { $0 == screen }
        }

        @Test func pagesThroughTheConversation() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)
            for number in 10..<40 {
                try await alice.send("номер \(number)")
            }
            try await bob.wait(forText: "номер 39")
            try bob.press("PageUp")
            try await bob.wait(for: "no ‘номер 39’") { !$0.contains("номер 39") }
            // The view does not move, and the new message is announced.
            try await alice.send("новость")
            let scrolled = try await bob.wait(forText: "↓ 1 новое")
            #expect(!scrolled.contains("новость"))
            try bob.press("C-Home")
            try await bob.wait(forText: "номер 10")
            try bob.press("End")
            try await bob.wait(for: "the last text and nothing below") {
                $0.contains("новость") && !$0.contains("↓")
            }
        }

        /// Whatever is in a message, the frame around it stays, and the cursor is where the text ends.
        @Test func wideAndCombiningCharactersKeepTheirPlace() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try alice.type("日本語ё")
            try await alice.wait(forText: "日本語ё")
            #expect(try alice.property("cursor_x") == "8")
            try alice.press("C-u")
            let text = "日本 👨‍👩‍👧 cafe\u{301} 👍🏽 конец"
            try alice.paste(text)
            try await alice.wait(forText: "конец")
            try alice.press("Enter")
            let screen = try await alice.wait(for: "the text in the conversation, confirmed") {
                $0.isInputEmpty && $0.scrollback.contains { $0.contains("конец ✓") }
            }
            #expect(screen.rows[1].count == 80)
            #expect(screen.counterLine.hasSuffix("0/500"))
            // After a redraw everything is where the incremental changes had put it.
            try await scribbleOverAndRedraw(alice)
            try await alice.wait(for: "the screen as it was") { $0 == screen }
        }
    }
}
