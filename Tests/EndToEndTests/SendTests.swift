import Foundation
import Testing

extension EndToEnd {
    /// `chat-tui send` in pipes and scripts.
    @Suite struct SendTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        private func send(
            _ arguments: [String], at url: String, input: String = ""
        ) async throws -> CommandRun.Outcome {
            try await CommandRun.outcome(
                ["send", "--user", "alice", "--to", "bob", "--url", url] + arguments, home: home, input: input)
        }

        @Test func storedAndTheIDIsPrinted() async throws {
            let server = try await ServerProcess.start(home: home)
            let first = try await send(["Здравствуйте"], at: server.url)
            #expect(first.code == 0 && first.errors == "" && first.lines.count == 1)
            let second = try await send(["-"], at: server.url, input: "две\nстроки\n")
            let third = try await send(["--json", "--product-id", "7"], at: server.url, input: "\u{FEFF}из трубы")
            let record = try JSONLine(third.output)
            #expect(third.code == 0 && record["message_text"] as? String == "из трубы")
            #expect(record["cursor"] as? Int == 3 && record["product_id"] as? String == "7")
            let stored = try server.get("/messages?userId=alice&otherUserId=bob")
            for text in [first.lines[0], second.lines[0], "две\\nстроки\"", "Здравствуйте"] {
                #expect(stored.ranges(of: text).count == 1, "\(text)")
            }
            #expect(stored.contains(try #require(record["id"] as? String)))
            // No delivery mark is sent for what was written to Alice.
            #expect(!FileManager.default.fileExists(atPath: home.file("data/chat-tui")))
        }

        @Test func wrongUsage() async throws {
            for arguments in [
                ["send", "--user", "alice", "x"], ["send", "--to", "bob", "x"],
                ["send", "--user", "alice", "--to", "alice", "x"],
                ["send", "--user", "alice", "--to", "bob", "--seller", "bob", "x"],
                ["send", "--user", "alice", "--to", "bob", "--timeout", "0", "x"],
                ["send", "--user", "alice", "--to", "bob", "a", "b"],
                ["send", "--user", "alice", "--to", "bob", "--url", "ftp://x", "x"],
                ["send", "--user", "alice", "--to", "bob", "--token-file", home.file("none"), "x"],
            ] {
                let outcome = try await CommandRun.outcome(arguments, home: home)
                #expect(outcome.code == 64 && outcome.output == "" && !outcome.errors.isEmpty, "\(arguments)")
            }
        }

        /// ArgumentParser would find an `-h` in each of these.
        @Test func textsThatBeginWithADash() async throws {
            for arguments in [
                ["send", "--user", "alice", "--to", "bob", "-dash first"],
                ["search", "--user", "alice", "-oh"], ["--user", "alice", "-oh"], ["tail", "-xh"],
            ] {
                let outcome = try await CommandRun.outcome(arguments, home: home)
                #expect(outcome.code == 64 && outcome.output == "", "\(arguments)")
                #expect(outcome.errors.hasPrefix("chat-tui: неизвестный ключ -"), "\(outcome.errors)")
                let hasText = ["send", "search"].contains(arguments[0])
                #expect(outcome.errors.contains("после --") == hasText, "\(outcome.errors)")
            }
            for arguments in [["send", "-h"], ["-h"], ["search", "--help"]] {
                let outcome = try await CommandRun.outcome(arguments, home: home)
                #expect(outcome.code == 0 && !outcome.output.isEmpty && outcome.errors == "", "\(arguments)")
            }
            let server = try await ServerProcess.start(home: home)
            let sent = try await send(["--", "-dash first"], at: server.url)
            #expect(sent.code == 0, "\(sent.errors)")
        }

        /// Values that a header cannot carry, from every source. Windows' line breaks are removed.
        @Test func oddTokensAndKeys() async throws {
            let url = "ws://127.0.0.1:1"
            for flags in [["--token", "a\r\nX: 1"], ["--token", ""], ["--apikey", "ключ"], ["--apikey", "a\nb"]] {
                let outcome = try await send(flags + ["x"], at: url)
                #expect(outcome.code == 64 && outcome.errors.hasPrefix("chat-tui: \(flags[0]): нужна одна строка"))
            }
            for name in ["CHAT_TUI_TOKEN", "CHAT_TUI_APIKEY"] {
                let run = try CommandRun(
                    ["send", "--user", "a", "--to", "b", "--url", url, "x"], home: home, variables: [name: "a b"])
                let outcome = try await run.waitForExit()
                #expect(outcome.code == 64 && outcome.errors.hasPrefix("chat-tui: \(name): нужна одна строка"))
            }
            try home.write("apikey = \"a\\nb\"\n", to: "chat.toml")
            let settings = try await CommandRun.outcome(["config", "--config", home.file("chat.toml")], home: home)
            #expect(settings.code == 64 && settings.errors.contains("строка 1: «apikey»: нужна одна строка"))
            let server = try await ServerProcess.start(home: home)
            #expect(try await send(["--token", "a.b.c\r\n", "--apikey", " k\r\n", "x"], at: server.url).code == 0)
        }

        @Test func badMessages() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--max-message-length", "20"])
            let empty = try await send([" \n"], at: server.url)
            #expect(empty.code == 65 && empty.errors == "chat-tui: не отправлено: пустое сообщение\n")
            let long = try await send([String(repeating: "я", count: 22), "--lang", "en"], at: server.url)
            #expect(long.code == 65 && long.errors == "chat-tui: not sent: 2 characters over the limit of 20\n")
            let run = try CommandRun(
                ["send", "--user", "alice", "--to", "bob", "--url", server.url], home: home, input: nil)
            run.write(bytes: [0xFF, 0xFE])
            run.closeInput()
            let garbage = try await run.waitForExit()
            #expect(garbage.code == 65 && garbage.errors == "chat-tui: текст не в UTF-8\n")
        }

        @Test func unreachable() async throws {
            let server = try await ServerProcess.start(home: home)
            server.kill9()
            let outcome = try await send(["--timeout", "1", "x"], at: server.url)
            let reason = "сервер 127.0.0.1:\(server.port) недоступен: порт закрыт; проверьте --url и запущен ли сервер"
            #expect(outcome.code == 69 && outcome.errors == "chat-tui: не отправлено: \(reason)\n")
        }

        /// A port that accepts the connection and says nothing.
        @Test(arguments: ["ws", "wss"])
        func silence(_ scheme: String) async throws {
            let socket = try LoopbackSocket.listening()
            defer { socket.stop() }
            let address = "127.0.0.1:\(try socket.port())"
            let outcome = try await send(["--timeout", "1", "x"], at: "\(scheme)://\(address)")
            let reason =
                "сервер \(address) не ответил за 1 с: проверьте --url, сеть и брандмауэр или увеличьте --timeout"
            #expect(outcome.code == 69 && outcome.errors == "chat-tui: не отправлено: \(reason)\n")
        }

        /// The server may have the message but does not confirm it. Neither the exit code nor the sentence claims that
        /// it was not sent.
        @Test func unconfirmed() async throws {
            let url = try await OldServer(answers: false).start()
            let late = try await send(["--timeout", "1", "раз"], at: url)
            #expect(late.code == 69 && late.output == "" && late.errors.contains("возможно, оно дошло"))
            let run = try CommandRun(["send", "--user", "alice", "--to", "bob", "--url", url, "два"], home: home)
            try await wait(for: "its connection") {
                try home.read("state/chat-tui/chat-tui.log").ranges(of: "Авторизация").count == 2 ? true : nil
            }
            try await Task.sleep(for: .milliseconds(300))  // it is handed over right after that
            run.send(SIGINT)
            let outcome = try await run.waitForExit()
            #expect(outcome.code == 130 && outcome.errors.contains("(прервано): возможно, оно дошло"))
        }

        @Test func toAServerOfTheFirstProtocol() async throws {
            let server = OldServer()
            let url = try await server.start()
            let outcome = try await send(["--json", "раз"], at: url)
            let record = try JSONLine(outcome.output)
            #expect(outcome.code == 0 && record.text == "раз" && record.cursor == nil && record["id"] != nil)
            #expect(server.texts == ["раз"])
        }

        private static let noToken = "требует токен: --token-file ФАЙЛ"

        private static let othersToken = "это токен другого пользователя, bob: проверьте --user"

        @Test func refused() async throws {
            try home.write(UUID().uuidString + UUID().uuidString + "\n", to: "secret")
            let server = try await ServerProcess.start(
                home: home, options: ["--auth", "jwt", "--jwt-secret-file", home.file("secret")])
            let outcome = try await send(["--token", "a.b.c", "x"], at: server.url)
            #expect(
                outcome.code == 77
                    && outcome.errors.hasSuffix("chat-tui: не отправлено: это не токен (JWT): проверьте --token\n"))
            let without = try await send(["x"], at: server.url)
            #expect(without.code == 77 && without.errors.hasSuffix(Self.noToken + "\n"))
            let token = try Programs.run(
                [
                    Programs.built("chat-server"), "token", "--user", "bob", "--ttl", "1h", "--jwt-secret-file",
                    home.file("secret"),
                ], environment: home.environment)
            try home.write(token, to: "token")
            let other = try await send(["--token-file", home.file("token"), "x"], at: server.url)
            #expect(other.code == 77 && other.errors == "chat-tui: не отправлено: \(Self.othersToken)\n")
        }

        /// More at once than the server allows: the program waits instead of failing.
        @Test func waitsForTheRate() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--message-burst", "1"])
            for text in ["раз", "два", "три"] { #expect(try await send([text], at: server.url).code == 0) }
        }

        /// If it would have to wait for longer than it may, the message has certainly not arrived.
        @Test func refusedForTheRate() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--message-burst", "1"])
            #expect(try await send(["раз"], at: server.url).code == 0)
            let outcome = try await send(["--timeout", "0.5", "два"], at: server.url)
            #expect(outcome.code == 69)
            #expect(outcome.errors == "chat-tui: не отправлено: слишком много сообщений сразу\n")
        }

        @Test func nameOfTheSettings() async throws {
            let server = try await ServerProcess.start(home: home)
            try home.write("name = \"Алиса\"\n", to: "chat.toml")
            #expect(try await send(["--config", home.file("chat.toml"), "x"], at: server.url).code == 0)
            #expect(try server.get("/conversations?userId=bob").contains("\"name\":\"Алиса\""))
        }

        /// The name of a settings file is the one of its user. `send` as another one renames nobody.
        @Test func nameOfAnotherUsersSettings() async throws {
            let server = try await ServerProcess.start(home: home)
            try home.write("user = \"anna\"\nname = \"Анна\"\n", to: "chat.toml")
            #expect(try await send(["--config", home.file("chat.toml"), "x"], at: server.url).code == 0)
            let flags = ["send", "--config", home.file("chat.toml"), "--to", "bob", "--url", server.url, "y"]
            #expect(try await CommandRun.outcome(flags, home: home).code == 0)
            let list = try server.get("/conversations?userId=bob")
            #expect(list.ranges(of: "\"name\":\"Анна\"").count == 1)
            #expect(list.contains("\"userId\":\"alice\"") && !list.contains("\"name\":\"alice\""))
        }

        /// `--product` names a product, alone or with its id. A message with the id alone keeps the title that is
        /// known for it, whatever was named in between.
        @Test func products() async throws {
            let server = try await ServerProcess.start(home: home)
            let flags = ["--product", "Диван", "--product-id", "7", "--json"]
            let record = try JSONLine(try await send(flags + ["x"], at: server.url).output)
            #expect(record["product_id"] as? String == "7" && record["product_title"] as? String == "Диван")
            let other = try JSONLine(try await send(["--product", "Стол", "--json", "y"], at: server.url).output)
            #expect(other["product_title"] as? String == "Стол" && other["product_id"] == nil)
            #expect(try await send(["--product-id", "7", "z"], at: server.url).code == 0)
            let list = try server.get("/conversations?userId=bob")
            #expect(list.contains("\"productId\":\"7\"") && list.contains("\"productTitle\":\"Диван\""))
            let refused = try await CommandRun.outcome(
                ["export", "--user", "alice", "--with", "bob", "--product", "x"], home: home)
            #expect(refused.code == 64 && refused.errors.contains("--product"))
        }

        @Test func startsTheLocalServer() async throws {
            defer { for id in ProcessTable.ids(of: "chat-server", with: home.path) { kill(id, SIGKILL) } }
            let outcome = try await CommandRun.outcome(["send", "--user", "alice", "--to", "bob", "x"], home: home)
            #expect(outcome.code == 0)
        }
    }
}
