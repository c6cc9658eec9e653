import Foundation
import MarketplaceStandIn
import Testing

extension EndToEnd {
    /// What a log-in is good for: windows and commands of the account, their tokens, and profiles.
    @Suite struct SessionTests {
        let home: Home

        init() throws {
            home = try Home()
            try FileManager.default.createDirectory(
                atPath: home.file("config/chat-tui"), withIntermediateDirectories: true)
        }

        /// The server of the project; its address stands in the settings.
        private func server(of marketplace: MarketplaceStandIn) async throws -> ServerProcess {
            let server = try await ServerProcess.start(home: home, options: ["--supabase-url", marketplace.url])
            try home.write("url = \"\(server.url)\"\n", to: "config/chat-tui/config.toml")
            return server
        }

        private func logIn(
            to marketplace: MarketplaceStandIn, as email: String = MarketplaceStandIn.anna, _ flags: [String] = []
        ) async throws {
            let command = [try Programs.built("chat-tui"), "login", "--email", email, "--method", "password"]
            let terminal = try TmuxTerminal(command + marketplace.flags + flags, home: home)
            try await terminal.wait(forText: "Пароль")
            try terminal.type(MarketplaceStandIn.password)
            try terminal.press("Enter")
            if email == MarketplaceStandIn.boris {
                try await terminal.wait(forText: "Код из приложения")
                try terminal.type(
                    Authenticator.code(secret: MarketplaceStandIn.appSecret, at: Date.now.timeIntervalSince1970))
                try terminal.press("Enter")
            }
            #expect(try await terminal.waitForExit() == 0)
        }

        private func window(_ flags: [String]) throws -> TmuxTerminal {
            try TmuxTerminal([Programs.built("chat-tui")] + flags, home: home)
        }

        private func run(_ arguments: String...) async throws -> CommandRun.Outcome {
            try await CommandRun.outcome(arguments, home: home)
        }

        /// One log-in for two windows and the commands. A logout ends it for all of them, and a new log-in begins it again.
        @Test func windowsAndCommandsShareALogIn() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let server = try await server(of: marketplace)
            try await logIn(to: marketplace)
            let windows = try [window(["--seller", "boris"]), window(["--seller", "clara"])]
            for window in windows { try await window.waitUntilConnected() }
            try await windows[0].send("Здравствуйте!")
            try await windows[0].wait(forText: "✓")
            let sent = try await run("send", "--to", "boris", "ещё одно")
            #expect(sent.code == 0 && sent.errors == "", "\(sent)")
            try await windows[0].wait(forText: "ещё одно")
            // People have ids there; an e-mail address would be nobody's.
            for (flag, command) in [
                ("--to", ["send", "--to", "boris@mail.example", "x"]),
                ("--with", ["tail", "--with", "boris@mail.example"]),
                ("--with", ["export", "--with", "boris@mail.example"]),
                ("--seller", ["--plain", "--seller", "boris@mail.example"]),
            ] {
                let refused = try await CommandRun.outcome(command, home: home)
                #expect(refused.code == 64 && refused.output == "", "\(refused)")
                #expect(refused.errors.hasPrefix("chat-tui: \(flag): нужен ID человека (UUID)"), "\(refused)")
            }
            let exported = try await run("export", "--with", "boris")
            #expect(exported.code == 0 && exported.output.contains("Здравствуйте!"))

            #expect(try await run("logout").code == 0)
            for window in windows {
                try await window.wait(forText: "войдите снова командой chat-tui login")
            }
            #expect(try windows[0].capture().contains("Здравствуйте!"), "the history stays readable")
            try windows[0].type("черновик")
            let refused = try await run("send", "--to", "boris", "x")
            #expect(refused.code == 64 && refused.errors.contains("войдите командой chat-tui login"), "\(refused)")
            try await logIn(to: marketplace)
            for window in windows { try await window.waitUntilConnected() }
            try await windows[0].wait(forText: "черновик")
            withExtendedLifetime(server) {}
            await marketplace.end()
        }

        /// The token ends while the window is open, and the window does not notice. Nobody uses a refresh token twice.
        @Test func aTokenIsRefreshedInTime() async throws {
            let marketplace = try await MarketplaceStandIn.open {
                $0.accessTokenLifetime = 5
                $0.refusesEveryReuse = true
            }
            let server = try await server(of: marketplace)
            try await logIn(to: marketplace)
            let windows = try (0..<3).map { try window(["--seller", "peer\($0)"]) }
            for window in windows { try await window.waitUntilConnected() }
            try await wait(for: "two refreshes", within: .seconds(20)) {
                marketplace.requests(of: .refresh).count >= 2 ? true : nil
            }
            marketplace.set { $0.accessTokenLifetime = 3600 }
            let count = marketplace.requests(of: .refresh).count
            try await wait(for: "a token that lasts", within: .seconds(20)) {
                marketplace.requests(of: .refresh).count > count ? true : nil
            }
            for window in windows {
                try await window.waitUntilConnected()
                try await window.send("Я ещё здесь")
                try await window.wait(forText: "✓")
            }
            #expect(try await run("whoami").code == 0)
            let tokens = marketplace.requests(of: .refresh).map(\.body)
            #expect(Set(tokens).count == tokens.count)
            withExtendedLifetime(server) {}
            await marketplace.end()
        }

        /// The service ends the session for good: one sentence, and nothing that was written is lost.
        @Test func aSessionThatIsOver() async throws {
            let marketplace = try await MarketplaceStandIn.open { $0.accessTokenLifetime = 4 }
            let server = try await server(of: marketplace)
            try await logIn(to: marketplace)
            let window = try window(["--seller", "boris"])
            try await window.waitUntilConnected()
            try await window.send("до конца")
            try await window.wait(forText: "✓")
            marketplace.endSessions(of: MarketplaceStandIn.anna)
            try await window.wait(forText: "войдите снова командой chat-tui login")
            try window.type("не потеряно")
            try window.press("Enter")
            try await window.wait(forText: "не потеряно")
            #expect(try window.capture().contains("до конца"))
            let who = try await run("whoami")
            #expect(who.code == 77 && who.errors.contains("сеанс завершён: войдите снова"))
            #expect(who.output.hasPrefix("Анна Смирнова"))
            try await logIn(to: marketplace)
            try await window.waitUntilConnected()
            try await window.wait(forText: "не потеряно")
            withExtendedLifetime(server) {}
            await marketplace.end()
        }

        /// The project's key was replaced: window and command say it in one sentence each, and nothing written is lost.
        @Test func aRejectedKey() async throws {
            let marketplace = try await MarketplaceStandIn.open { $0.accessTokenLifetime = 4 }
            let server = try await server(of: marketplace)
            try await logIn(to: marketplace)
            let command = [try Programs.built("chat-tui"), "--seller", "boris"]
            let window = try TmuxTerminal(command, home: home, columns: 200)
            try await window.waitUntilConnected()
            try await window.send("до замены")
            try await window.wait(forText: "✓")
            let refusal = #"{"message":"Invalid API key","hint":"Double check your API key."}"#
            marketplace.fail(.refresh, .answer(Response(status: 401, body: Array(refusal.utf8))))
            let sentence =
                "больше не принимает ключ проекта: укажите новый в --apikey и войдите снова командой chat-tui login"
            try await window.wait(forText: sentence)
            #expect(try window.capture().count(of: "ключ проекта") == 1)
            try window.type("не потеряно")
            try window.press("Enter")
            try await window.wait(forText: "не потеряно")
            #expect(try window.capture().contains("до замены"))
            let sent = try await run("send", "--to", "boris", "x")
            #expect(sent.code == 77 && sent.errors.contains(sentence), "\(sent)")
            #expect(sent.errors.split(separator: "\n").count == 1 && sent.output == "")
            marketplace.mend()
            marketplace.set { $0.accessTokenLifetime = 3600 }
            try await logIn(to: marketplace)
            try await window.waitUntilConnected()
            try await window.wait(forText: "не потеряно")
            withExtendedLifetime(server) {}
            await marketplace.end()
        }

        /// A logout that waits for another window says so.
        @Test func aLogOutThatWaits() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            try await logIn(to: marketplace)
            let lock = open(home.file("state/chat-tui/session/session.lock"), O_RDWR)
            #expect(lock >= 0 && flock(lock, LOCK_EX) == 0)
            let out = try CommandRun(["logout"], home: home)
            try await out.wait(for: "the sentence") { $0.errors.contains("Жду, пока другое окно chat-tui") }
            close(lock)
            let outcome = try await out.waitForExit()
            #expect(outcome.code == 0 && outcome.errors.hasSuffix("Вы вышли: Анна Смирнова.\n"), "\(outcome)")
            await marketplace.end()
        }

        /// Neither the chat server nor the log-in service answers when the window opens. Nobody is asked to log in.
        @Test func theServiceIsDownAtTheStart() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let server = try await server(of: marketplace)
            try await logIn(to: marketplace)
            let first = try window(["--seller", "boris"])
            try await first.waitUntilConnected()
            try await first.send("вчера")
            try await first.wait(forText: "✓")
            try first.press("C-d")
            #expect(try await first.waitForExit() == 0)
            marketplace.set { $0.accessTokenLifetime = 1 }
            try await logIn(to: marketplace)
            marketplace.set { $0.accessTokenLifetime = 3600 }
            await marketplace.goDown()
            try await Task.sleep(for: .seconds(1))  // the token's life
            let window = try window(["--seller", "boris"])
            try await window.wait(forText: "вчера")
            try await window.wait(forText: "токен не удалось обновить")
            #expect(try !window.capture().contains("chat-tui login"))
            try await marketplace.comeBack()
            try await window.waitUntilConnected()
            withExtendedLifetime(server) {}
            await marketplace.end()
        }

        /// Two profiles are two accounts, with their own log-ins and histories.
        @Test func profiles() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let server = try await server(of: marketplace)
            try await logIn(to: marketplace)
            try home.write(
                home.read("config/chat-tui/config.toml") + "[profiles.shop]\nurl = \"\(server.url)\"\n",
                to: "config/chat-tui/config.toml")
            try await logIn(to: marketplace, as: MarketplaceStandIn.boris, ["--profile", "shop"])
            #expect(try await run("whoami").output.hasPrefix("Анна"))
            #expect(try await run("whoami", "--profile", "shop").output.contains("Профиль: shop"))
            let anna = try window(["--seller", marketplace.id(of: MarketplaceStandIn.boris)])
            let boris = try window(["--profile", "shop", "--seller", marketplace.id(of: MarketplaceStandIn.anna)])
            try await anna.waitUntilConnected()
            try await boris.waitUntilConnected()
            try await anna.send("Ещё продаётся?")
            try await boris.wait(forText: "Ещё продаётся?")
            #expect(FileManager.default.fileExists(atPath: home.file("data/chat-tui/profiles/shop")))
            #expect(try await run("logout", "--profile", "shop").code == 0)
            try await boris.wait(forText: "chat-tui login --profile shop")
            #expect(try anna.capture().isConnected)
            for command in ["whoami", "logout"] {
                let unknown = try await run(command, "--profile", "shpo")
                #expect(
                    unknown.code == 64 && unknown.errors.contains("профиля shpo нет")
                        && unknown.errors.contains("есть shop; может быть, shop?"), "\(unknown)")
            }
            let out = try await run("whoami", "--profile", "shop")
            #expect(out.code == 66 && out.errors.contains("вход не выполнен: chat-tui login --profile shop"), "\(out)")
            let none = try await run("send", "--profile", "shpo", "--to", "x", "y")
            #expect(
                none.code == 64 && none.errors.contains("профиля shpo нет: войдите") && none.errors.contains("shop?"))
            await marketplace.end()
        }

        /// A session that others can read is not used, and the program says so.
        @Test func aSessionThatIsNotPrivate() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            try await logIn(to: marketplace)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o644], ofItemAtPath: home.file("state/chat-tui/session/session.json"))
            for arguments in [["whoami"], ["send", "--to", "x", "y"]] {
                let outcome = try await CommandRun.outcome(arguments, home: home)
                #expect(outcome.code == 74 && outcome.errors.contains("session.json"), "\(outcome)")
            }
            await marketplace.end()
        }

        @Test func aTokenOnTheCommandLine() async throws {
            let outcome = try await run(
                "send", "--user", "a", "--to", "b", "--token", "a.b.c", "--url", "ws://127.0.0.1:9", "--timeout", "0.1",
                "x")
            #expect(outcome.errors.contains("токен из --token видят все пользователи этого компьютера"))
            let command = try CommandRun(
                ["send", "--user", "a", "--to", "b", "--url", "ws://127.0.0.1:9", "--timeout", "0.1", "x"], home: home,
                variables: ["CHAT_TUI_TOKEN": "a.b.c"])
            #expect(try await !command.waitForExit().errors.contains("--token"))
        }

        /// The settings name a program that prints the token; a shell is not started.
        @Test func aTokenFromACommand() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let server = try await server(of: marketplace)
            try await logIn(to: marketplace)
            let session = try home.read("state/chat-tui/session/session.json")
            let token = try #require(session.firstMatch(of: /eyJ[A-Za-z0-9_.-]+/)).0
            try home.write("\(token)\n", to: "my token; x")
            let id = marketplace.id(of: MarketplaceStandIn.anna)
            try home.write(
                "url = \"\(server.url)\"\nuser = \"\(id)\"\ntoken-command = \"cat '\(home.file("my token; x"))'\"\n",
                to: "config/chat-tui/config.toml")
            #expect(try await run("logout").code == 0)
            let sent = try await run("send", "--to", "boris", "x")
            #expect(sent.code == 0, "\(sent)")
            try home.write(
                "url = \"\(server.url)\"\nuser = \"\(id)\"\ntoken-command = \"false\"\n",
                to: "config/chat-tui/config.toml")
            let failed = try await run("send", "--to", "boris", "x")
            #expect(
                failed.code == 69 && failed.errors.contains("false из token-command завершилась с ошибкой"), "\(failed)"
            )
            await marketplace.end()
        }
    }
}
