import Foundation
import Testing

extension EndToEnd {
    /// What is written and read stays on this machine, whatever ends.
    @Suite struct KeepingTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        private func window(_ user: Person, with peer: Person, at url: String) throws -> TmuxTerminal {
            try TmuxTerminal(TmuxTerminal.command(user, with: peer, url: url), home: home)
        }

        /// Kills every chat-tui of this home, as a crash of the machine would.
        private func killWindows() async throws {
            for process in ProcessTable.ids(of: "chat-tui", with: home.path) { kill(process, SIGKILL) }
            try await wait(for: "the end of the windows") {
                ProcessTable.ids(of: "chat-tui", with: home.path).isEmpty ? true : nil
            }
        }

        private var dataFiles: [String] {
            let folder = home.file("data/chat-tui")
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return names.map { "\(folder)/\($0)" }
        }

        private func isOnDisk(_ text: String) -> Bool {
            dataFiles.contains { path in
                FileManager.default.contents(atPath: path)?.range(of: Data(text.utf8)) != nil
            }
        }

        @Test func historyIsThereWithoutAServer() async throws {
            let server = try await ServerProcess.start(home: home)
            do {
                let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
                try await alice.send("вчерашний разговор")
                try await alice.wait(forText: "✓")
            }
            server.kill9()
            let alice = try window(.alice, with: .bob, at: server.url)
            try await alice.wait(for: "the history, offline") {
                $0.contains("вчерашний разговор ✓") && $0.contains("Подключение...")
            }
        }

        @Test func draftSurvivesACrash() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try alice.type("недописанное")
            try await wait(for: "the draft on disk", within: .seconds(2)) { isOnDisk("недописанное") ? true : nil }
            try await killWindows()
            let again = try window(.alice, with: .bob, at: server.url)
            try await again.wait(for: "the draft, and the connection") {
                $0.isConnected && $0.inputRows.contains { $0.contains("недописанное") }
            }
            try again.press("Enter")
            try await again.wait(for: "it in the scrollback") {
                $0.scrollback.contains { $0.contains("недописанное ✓") }
            }
        }

        @Test func waitingMessageSurvivesACrashAndArrivesOnce() async throws {
            let server = try await ServerProcess.start(home: home)
            let proxy = try FaultyProxy(to: server.port)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: "ws://127.0.0.1:\(proxy.port)", home: home)
            // The message arrives, but the answer does not. Nobody here knows whether it is stored.
            proxy.swallow([.toClient])
            try await alice.send("ровно один раз")
            try await alice.wait(forText: "ровно один раз …")
            try await killWindows()
            proxy.heal()

            let again = try window(.alice, with: .bob, at: "ws://127.0.0.1:\(proxy.port)")
            try await again.wait(forText: "ровно один раз ✓")
            #expect(try again.capture().count(of: "ровно один раз") == 1)
            let stored = try server.get("/messages?userId=alice&otherUserId=bob")
            #expect(stored.ranges(of: "ровно один раз").count == 1)
        }

        @Test func leavingTellsWhatWaits() async throws {
            let server = try await ServerProcess.start(home: home)
            let proxy = try FaultyProxy(to: server.port)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: "ws://127.0.0.1:\(proxy.port)", home: home)
            proxy.swallow()
            try await alice.send("не ушло")
            try alice.press("C-d")
            try await alice.wait(forText: "Ждут отправки: 1")
            #expect(try await alice.waitForExit() == 0)
        }

        /// A file in the folder's place: the history can be stored nowhere.
        private func spoilData() throws {
            try FileManager.default.createDirectory(atPath: home.file("data"), withIntermediateDirectories: false)
            try home.write("", to: "data/chat-tui")
        }

        /// The program never claims to keep what it does not: neither on the screen nor at the end.
        @Test func withoutADiskNothingIsPromised() async throws {
            try spoilData()
            let server = try await ServerProcess.start(home: home)
            let proxy = try FaultyProxy(to: server.port)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: "ws://127.0.0.1:\(proxy.port)", home: home)
            try await alice.send("дошло")
            try await alice.wait(for: "the message, and the sign") {
                $0.contains("дошло ✓") && $0.header.contains("без сохранения")
            }
            proxy.swallow()
            try await alice.send("не ушло")
            try alice.press("C-d")
            try await alice.wait(forText: "При выходе пропадёт несохранённое: 1 сообщение")
            try alice.press("C-d")
            let screen = try await alice.wait(forText: "НЕ сохранено")
            #expect(!screen.contains("уйдут при следующем запуске"))
            #expect(try await alice.waitForExit() == 74)
        }

        /// If everything written has arrived, nothing is lost.
        @Test func withoutADiskALeaveIsAsGoodAsAnother() async throws {
            try spoilData()
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try await alice.send("дошло")
            try await alice.wait(forText: "дошло ✓")
            try alice.press("C-d")
            #expect(try await alice.waitForExit() == 0)
        }

        @Test func aDraftIsNotPromisedEither() async throws {
            try spoilData()
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try alice.type("недописанное")
            try await alice.wait(forText: "недописанное")
            for process in ProcessTable.ids(of: "chat-tui", with: home.path) { kill(process, SIGTERM) }
            try await alice.wait(forText: "само не уйдёт: 1 черновик")
            #expect(try await alice.waitForExit() == 74)
        }

        @Test func withoutADiskLinesPromiseNothing() async throws {
            try spoilData()
            let server = try await ServerProcess.start(home: home)
            let proxy = try FaultyProxy(to: server.port)
            let command = try TmuxTerminal.command(.alice, with: .bob, url: "ws://127.0.0.1:\(proxy.port)")
            let alice = try TmuxTerminal(command + ["--plain"], home: home)
            try await alice.wait(forText: "-- На связи")
            try await alice.wait(forText: "-- История не сохраняется")
            proxy.swallow()
            for line in ["не ушло", "/quit"] {
                try alice.type(line)
                try alice.press("Enter")
            }
            try await alice.wait(forText: "-- При выходе пропадёт несохранённое: 1 сообщение")
            try alice.type("/quit")
            try alice.press("Enter")
            try await alice.wait(forText: "НЕ сохранено")
            #expect(try await alice.waitForExit() == 74)
        }

        /// What may happen to the files of an open window.
        enum Removal: CaseIterable {
            case removed, renamed, replaced, databaseRemoved

            func happen(in home: Home) throws {
                let (manager, data) = (FileManager.default, home.file("data/chat-tui"))
                switch self {
                case .removed: try manager.removeItem(atPath: data)
                case .renamed: try manager.moveItem(atPath: data, toPath: data + ".old")
                case .replaced:
                    try manager.moveItem(atPath: data, toPath: data + ".old")
                    try manager.copyItem(atPath: data + ".old", toPath: data)
                case .databaseRemoved:
                    for name in try manager.contentsOfDirectory(atPath: data) where name.hasSuffix(".sqlite") {
                        try manager.removeItem(atPath: "\(data)/\(name)")
                    }
                }
            }
        }

        @Test(arguments: Removal.allCases) func filesThatGoAwayAreMadeAnew(_ removal: Removal) async throws {
            let server = try await ServerProcess.start(home: home)
            let proxy = try FaultyProxy(to: server.port)
            let url = "ws://127.0.0.1:\(proxy.port)"
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: url, home: home)
            try await alice.send("дошло")
            try await alice.wait(forText: "дошло ✓")
            proxy.swallow()
            try await alice.send("написано до")
            try await alice.wait(forText: "написано до …")
            try removal.happen(in: home)
            try await alice.send("написано после")
            try await alice.wait(forText: "написано после …")
            try alice.type("недописанное")
            try await alice.wait(forText: "недописанное")
            for process in ProcessTable.ids(of: "chat-tui", with: home.path) { kill(process, SIGTERM) }
            try await alice.wait(forText: "Ждут отправки: 2")
            #expect(try await alice.waitForExit() == 0)

            proxy.heal()
            let again = try window(.alice, with: .bob, at: url)
            try await again.wait(for: "the messages and the draft") { screen in
                ["дошло ✓", "написано до", "написано после"].allSatisfy(screen.contains)
                    && screen.inputRows.contains { $0.contains("недописанное") }
            }
        }

        /// If no file can be made, nothing is promised, not even for what was kept before.
        @Test func filesThatStayAwayArePromisedNothing() async throws {
            let server = try await ServerProcess.start(home: home)
            let proxy = try FaultyProxy(to: server.port)
            let alice = try await TmuxTerminal.chat(
                .alice, with: .bob, at: "ws://127.0.0.1:\(proxy.port)", home: home)
            proxy.swallow()
            try await alice.send("написано до")
            try await alice.wait(forText: "написано до …")
            try Removal.renamed.happen(in: home)
            try home.write("", to: "data/chat-tui")
            try alice.type("написано после")
            try alice.press("Enter")
            try await alice.wait(for: "the sign, and the text in its place") {
                $0.header.contains("без сохранения") && $0.inputRows.contains { $0.contains("написано после") }
            }
            for process in ProcessTable.ids(of: "chat-tui", with: home.path) { kill(process, SIGTERM) }
            let screen = try await alice.wait(forText: "НЕ сохранено и само не уйдёт: 1 сообщение")
            #expect(!screen.contains("уйдут при следующем запуске"))
            #expect(try await alice.waitForExit() == 74)
        }

        @Test func brokenStoreIsSetAside() async throws {
            let server = try await ServerProcess.start(home: home)
            do {
                let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
                try await alice.send("до порчи")
                try await alice.wait(forText: "✓")
            }
            try await killWindows()
            let garbage = Data(repeating: 0x5A, count: 8192)
            for file in dataFiles where file.hasSuffix(".sqlite") { try garbage.write(to: URL(fileURLWithPath: file)) }
            for file in dataFiles where file.hasSuffix("-wal") || file.hasSuffix("-shm") {
                try FileManager.default.removeItem(atPath: file)
            }
            let alice = try window(.alice, with: .bob, at: server.url)
            try await alice.wait(forText: "историю не удалось прочитать")
            // What the server has comes back, and nothing was deleted.
            try await alice.wait(forText: "до порчи ✓")
            #expect(dataFiles.contains { FileManager.default.contents(atPath: $0) == garbage })
        }

        /// The log's usual folder is a file. Nobody asked for a log, so that is no error.
        @Test func anUnwritableLogKeepsNobodyOut() async throws {
            let home = try Home()
            let server = try await ServerProcess.start(home: home)
            try home.write("", to: "state")
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try await alice.send("без журнала")
            try await alice.wait(forText: "без журнала ✓")
            let named = try await CommandRun.outcome(
                ["send", "--user", "alice", "--to", "bob", "--log-file", home.file("state/log"), "x"], home: home,
                input: "")
            #expect(named.code == 64 && named.errors.contains("--log-file"))
        }

        /// A long log is set aside at the start.
        @Test func theLogDoesNotGrowForEver() async throws {
            let home = try Home()
            let server = try await ServerProcess.start(home: home)
            try FileManager.default.createDirectory(
                atPath: home.file("state/chat-tui"), withIntermediateDirectories: true)
            let log = "state/chat-tui/chat-tui.log"
            let line = "2024-11-20T11:02:00.000Z info "
            try home.write(line.padding(toLength: (4 << 20) + 1, withPad: "x", startingAt: 0), to: log)
            _ = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            #expect(try home.read(log).contains("WebSocket") && home.read(log).utf8.count < 10_000)
            #expect(try home.read(log + ".old").utf8.count == (4 << 20) + 1)
        }

        @Test func windowsOfOneUserShareWhatTheyKnow() async throws {
            let server = try await ServerProcess.start(home: home)
            let first = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let second = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try await first.send("из первого окна")
            try await second.wait(forText: "из первого окна ✓")
            try await second.send("из второго окна")
            try await first.wait(forText: "из второго окна ✓")
            let texts = ["из первого окна", "из второго окна"]
            for window in [first, second] { #expect(try window.capture().order(of: texts) == texts) }
        }
    }

    /// What users see of the fate of their messages.
    @Suite struct ReceiptTests {
        let home: Home
        /// The peer is on another machine.
        let other: Home

        init() throws {
            home = try Home()
            other = try Home()
        }

        @Test func storedDeliveredAndRead() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try await alice.send("видно?")
            try await alice.wait(for: "one tick") { $0.contains("видно? ✓") && !$0.contains("✓✓") }
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: other)
            try await bob.wait(forText: "видно?")
            try await alice.wait(forText: "видно? ✓✓")
        }

        @Test func peerIsTyping() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: other)
            try await alice.send("привет")
            try await bob.wait(forText: "привет")
            try bob.type("отвечаю")
            try await alice.wait(forText: "печатает")
            try bob.press("Enter")
            try await alice.wait(for: "the answer, and no more typing") {
                $0.contains("отвечаю") && !$0.contains("печатает")
            }
        }

        @Test func gapIsMarkedUntilItIsFilled() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try await alice.send("до обрыва")
            try await alice.wait(forText: "✓")
            server.kill9()
            let row = "нет связи: могли прийти сообщения"
            try await alice.wait(forText: row)
            let restarted = try await server.restarted()
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: restarted.url, home: other)
            try await bob.send("пока вас не было")
            try await alice.wait(for: "the message in place of the gap", within: .seconds(15)) {
                $0.contains("пока вас не было") && !$0.contains(row)
            }
        }
    }
}
