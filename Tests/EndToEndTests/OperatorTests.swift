import Foundation
import Testing

extension EndToEnd {
    /// What an operator does to a running server.
    @Suite struct OperatorTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        @discardableResult
        private func run(_ arguments: String...) throws -> String {
            try Programs.run(
                [Programs.built("chat-server")] + arguments + ["--store", "sqlite:" + home.file("chat.sqlite")],
                environment: home.environment)
        }

        /// The events that a client gets until the connection is closed.
        private func lastWords(_ client: RawClient) -> (text: String?, close: Int?) {
            var text: String?
            while let frame = client.next(within: 5000) {
                if case .text(let words) = frame { text = words }
                if case .close(let code) = frame { return (text, code) }
            }
            return (text, nil)
        }

        @Test func aBannedUserIsOutWithinASecond() async throws {
            let server = try await ServerProcess.start(home: home)
            let mallory = try RawClient(port: server.port, user: "mallory")
            let bob = try RawClient(port: server.port, user: "bob")
            let start = ContinuousClock.now
            #expect(try run("user", "ban", "mallory").hasPrefix("mallory is banned"))
            let words = lastWords(mallory)
            #expect(words.close == 4504 && words.text?.contains("forbidden") == true)
            #expect(ContinuousClock.now - start < .seconds(3))
            let again = try RawClient(port: server.port, user: nil)
            again.send(#"{"type":"auth","userId":"mallory"}"#)
            #expect(lastWords(again).close == 4504)
            bob.send("still here", from: "bob", to: "alice")
            #expect(try bob.nextText().contains("message_sent"))
            #expect(try run("user", "ban", "mallory").hasPrefix("mallory was banned already"))
            #expect(try run("user", "unban", "mallory") == "mallory may connect again\n")
            #expect(try run("user", "unban", "malory") == "malory was not banned\n")
            _ = try RawClient(port: server.port, user: "mallory")
        }

        @Test func aBannedUserIsToldSo() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            try run("user", "ban", "alice")
            try await alice.wait(forText: "вы заблокированы на этом сервере")
            // A log-in is refused with the same error as another user's token, but with another code.
            try alice.press("C-r")
            try await wait(for: "the next log-in") {
                try home.read("server.log").ranges(of: "Новое соединение").count > 1 ? true : nil
            }
            try await alice.wait(forText: "вы заблокированы на этом сервере")
            let tail = try await CommandRun.outcome(
                ["tail", "--user", "alice", "--lang", "en", "--url", server.url], home: home)
            #expect(tail.code == 77 && tail.errors == "chat-tui: you are banned on this server\n")
        }

        @Test func aDeletedUsersMessagesAreGoneAndOthersGoOn() async throws {
            let server = try await ServerProcess.start(home: home)
            let (alice, bob) = (
                try RawClient(port: server.port, user: "alice"), try RawClient(port: server.port, user: "bob")
            )
            for number in 1...3 {
                alice.send("a\(number)", from: "alice", to: "bob")
                #expect(try alice.nextText().contains("message_sent"))
                #expect(try bob.nextText().contains("a\(number)"))
            }
            let export = try run("user", "export", "alice")
            #expect(export.split(separator: "\n").count == 4 && export.contains(#""message_text":"a2""#))
            #expect(try run("user", "delete", "alice") == "3 messages deleted\n")
            #expect(lastWords(alice).close == 4504)
            let page = try server.get("/messages?userId=bob&otherUserId=alice")
            #expect(!page.contains("a1") && !page.contains("a3"))
            #expect(try server.get("/conversations?userId=bob").contains(#""conversations":[]"#))
            bob.send("to carol", from: "bob", to: "carol")
            #expect(try bob.nextText().contains("message_sent"))
            // A device that had everything goes on. One that had less is told so.
            for (cursor, answer) in [(3, "resume_complete"), (1, "resync_required")] {
                let device = try RawClient(port: server.port, user: nil)
                device.send(#"{"type":"auth","userId":"bob","protocol":2}"#)
                let welcome = try device.nextText()
                let epoch = try #require(welcome.firstMatch(of: /"epoch":"([^"]+)"/)).1
                let second = try RawClient(port: server.port, user: nil)
                second.send(
                    #"{"type":"auth","userId":"bob","protocol":2,"resume":{"epoch":"\#(epoch)","cursor":\#(cursor)}}"#)
                var heard = ""
                while !heard.contains(answer) { heard = try second.nextText() }
            }
        }

        @Test func aBackupOfARunningServerIsRestored() async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try RawClient(port: server.port, user: "alice")
            alice.send("kept", from: "alice", to: "bob")
            #expect(try alice.nextText().contains("message_sent"))
            let copy = home.file("copy.sqlite")
            try run("backup", copy)
            #expect(throws: Programs.Failed.self) { try run("backup", copy) }
            #expect(throws: Programs.Failed.self) { try run("restore", copy) }  // the server runs
            alice.send("after", from: "alice", to: "bob")
            #expect(try alice.nextText().contains("message_sent"))
            #expect(try await server.terminate() == 0)
            #expect(try run("restore", copy).contains(".before-"))
            let restored = try await server.restarted()
            let page = try restored.get("/messages?userId=alice&otherUserId=bob")
            #expect(page.contains("kept") && !page.contains("after"))
        }

        /// Names that SQLite would take for more than a path.
        @Test(arguments: ["file:x", "file:x?mode=memory", "file::memory:", ":memory:", "x?mode=ro#%41", "file:x.bak"])
        func aBackupIsTheFileOfItsName(_ name: String) async throws {
            let server = try await ServerProcess.start(home: home)
            let alice = try RawClient(port: server.port, user: "alice")
            alice.send("kept", from: "alice", to: "bob")
            #expect(try alice.nextText().contains("message_sent"))
            try FileManager.default.createDirectory(atPath: home.file("here"), withIntermediateDirectories: false)
            let here = try Programs.run(
                [
                    "/bin/sh", "-c", #"cd "$1" && shift && "$@" && ls -A"#, "sh", home.file("here"),
                    Programs.built("chat-server"), "backup", name, "--store", "sqlite:" + home.file("chat.sqlite"),
                ], environment: home.environment)
            #expect(here == name + "\n")
            let content = try Data(contentsOf: URL(fileURLWithPath: home.file("here") + "/" + name))
            #expect(content.range(of: Data("kept".utf8)) != nil)
        }

        @Test func theSecondServerIsRefusedUntilTheFirstIsGone() async throws {
            let server = try await ServerProcess.start(home: home)
            let error = await #expect(throws: ServerProcess.Ended.self) {
                _ = try await ServerProcess.start(home: home)
            }
            #expect(error?.log.contains("another chat-server serves the database") == true)
            server.kill9()
            _ = try await ServerProcess.start(home: home)
        }

        /// Senders get no answer while another program holds the lock. But the server must end in time, since container
        /// runtimes kill after 10 s.
        @Test func aLockedDatabaseHoldsUpNoEnd() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--message-rate", "0"])
            let clients = try (0..<6).map { try RawClient(port: server.port, user: "user\($0)") }
            for (number, client) in clients.enumerated() {
                client.send("stored", from: "user\(number)", to: "bob")
                #expect(try client.nextText().contains("message_sent"))
            }
            let output = try OutputPipe()
            let holder = try ChildProcess(
                [
                    try Programs.installed("sqlite3"), home.file("chat.sqlite"), "PRAGMA busy_timeout = 9000",
                    "BEGIN EXCLUSIVE", "SELECT 'locked'", ".shell exec sleep 60",
                ], environment: home.environment, output: output.writeEnd, errors: output.writeEnd)
            output.closeWriteEnd()
            defer { holder.send(SIGKILL) }
            try await wait(for: "the lock") {
                (try? server.get("/readyz")) == nil ? true : nil
            }
            for (number, client) in clients.enumerated() {
                for _ in 0..<40 { client.send("more", from: "user\(number)", to: "bob") }
            }
            let start = ContinuousClock.now
            #expect(try await server.terminate() == 0)
            #expect(ContinuousClock.now - start < .seconds(10))
        }

        @Test func whatIsTooOldIsDeletedAtTheStart() async throws {
            let first = try await ServerProcess.start(home: home)
            let alice = try RawClient(port: first.port, user: "alice")
            for text in ["old", "young"] {
                alice.send(text, from: "alice", to: "bob")
                #expect(try alice.nextText().contains("message_sent"))
            }
            #expect(try await first.terminate() == 0)
            try Programs.run(
                [
                    Programs.installed("sqlite3"), home.file("chat.sqlite"),
                    "UPDATE messages SET created_at = created_at - 172800000000 WHERE message_text = 'old'",
                ], environment: home.environment)
            // As if the clock was last right ten years ago and the machine's battery is empty.
            func shiftClock(_ change: String) throws {
                try Programs.run(
                    [
                        Programs.installed("sqlite3"), home.file("chat.sqlite"),
                        "UPDATE meta SET value = (substr(value, 1, 16) \(change) 315360000000000) || ' - 0' WHERE key = 'clock'",
                    ], environment: home.environment)
            }
            try shiftClock("-")
            let doubting = try await ServerProcess.start(home: home, options: ["--retain", "1"])
            try await wait(for: "the doubt", state: { try home.read("server.log") }) {
                try home.read("server.log").contains("Old messages are not deleted for now") ? true : nil
            }
            #expect(try doubting.get("/messages?userId=bob&otherUserId=alice").contains("old"))
            #expect(try await doubting.terminate() == 0)
            try shiftClock("+")
            let server = try await ServerProcess.start(home: home, options: ["--retain", "1"])
            let page = try await wait(for: "the old one to go") {
                let page = try server.get("/messages?userId=bob&otherUserId=alice")
                return page.contains("old") ? nil : page
            }
            #expect(page.contains("young"))
            let bob = try RawClient(port: server.port, user: "bob")
            bob.send("answer", from: "bob", to: "alice")
            #expect(try bob.nextText().contains("message_sent"))
        }

        /// Cleaners of temporary files do this to a server that runs for long.
        @Test(arguments: [["run/s"], ["run/s.lock"], ["run/s", "run/s.lock"]])
        func aRemovedLocalSocketComesBack(removed: [String]) async throws {
            func start(_ log: String) throws -> ChildProcess {
                let output = try home.appending(to: log)
                return try ChildProcess(
                    [
                        Programs.built("chat-server"), "--port", "none", "--unix", home.file("run/s"), "--store",
                        "sqlite:" + home.file("chat.sqlite"),
                    ], environment: home.environment, output: output.fileDescriptor, errors: output.fileDescriptor)
            }
            func inode(_ name: String) -> UInt64? {
                let attributes = try? FileManager.default.attributesOfItem(atPath: home.file(name))
                return (attributes?[.systemFileNumber] as? NSNumber)?.uint64Value
            }
            let server = try start("first.log")
            defer {
                server.send(SIGKILL)
                server.waitUntilExit()
            }
            try await wait(for: "the server", state: { try home.read("first.log") }) {
                try home.read("first.log").contains("listening") ? true : nil
            }
            let before = inode("run/s")
            for name in removed { try FileManager.default.removeItem(atPath: home.file(name)) }
            // A client that comes meanwhile starts no second server.
            let second = try start("second.log")
            second.waitUntilExit()
            try await wait(for: "the socket to be back", state: { try home.read("first.log") }) {
                let isBack = try home.read("first.log").contains("was created again")
                return isBack && inode("run/s") != nil && inode("run/s") != before && inode("run/s.lock") != nil
                    ? true : nil
            }
            #expect(server.exitCode == nil)
            let third = try start("third.log")
            #expect(third.waitUntilExit() == 0)
        }

        @Test func aDatabaseThatIsTakenAwayIsNoticed() async throws {
            let server = try await ServerProcess.start(home: home)
            #expect(try server.get("/readyz").contains("ready"))
            let alice = try RawClient(port: server.port, user: "alice")
            try FileManager.default.removeItem(atPath: home.file("chat.sqlite"))
            alice.send("lost", from: "alice", to: "bob")
            #expect(try alice.nextText().contains("storage_failed"))
            try await wait(for: "the log to say so", state: { try home.read("server.log") }) {
                try home.read("server.log").contains("was removed or replaced") ? true : nil
            }
            try await wait(for: "not ready") { (try? server.get("/readyz")) == nil ? true : nil }
            #expect(try server.get("/metrics").contains(#"chat_server_database_errors_total{reason="gone"}"#))
        }
    }
}
