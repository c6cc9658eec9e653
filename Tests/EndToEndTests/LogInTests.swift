import Foundation
import MarketplaceStandIn
import Testing

extension EndToEnd {
    /// `login`, `whoami` and `logout`, as people meet them in a terminal.
    @Suite struct LogInTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        private func logIn(
            to marketplace: MarketplaceStandIn, _ flags: [String] = [], columns: Int = 80, rows: Int = 24
        ) throws -> TmuxTerminal {
            let command = [try Programs.built("chat-tui"), "login"] + marketplace.flags + flags
            return try TmuxTerminal(command, home: home, columns: columns, rows: rows)
        }

        private func answer(_ question: String, with text: String, in terminal: TmuxTerminal) async throws {
            try await terminal.wait(for: "‘\(question)’ as the last line") { screen in
                screen.rows.last { !$0.isEmpty }?.contains(question) == true
            }
            try terminal.type(text)
            try terminal.press("Enter")
        }

        private func run(_ arguments: String...) async throws -> CommandRun.Outcome {
            try await CommandRun.outcome(arguments, home: home)
        }

        /// The files below the home that contain the text.
        private func files(with text: String) throws -> [String] {
            let names = FileManager.default.enumerator(atPath: home.path)?.compactMap { $0 as? String } ?? []
            return names.filter { name in
                (FileManager.default.contents(atPath: home.file(name)) ?? Data()).range(of: Data(text.utf8)) != nil
            }
        }

        private func mode(of name: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: home.file(name))[.posixPermissions] as? Int
        }

        /// With nothing but the answers to questions, and nothing secret stays anywhere.
        @Test func aNewUserAnswersTheQuestions() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let terminal = try TmuxTerminal([Programs.built("chat-tui"), "login"], home: home)
            try await answer("Адрес проекта", with: "ftp://x", in: terminal)
            try await answer("Адрес проекта", with: marketplace.url, in: terminal)
            try await answer("Ключ проекта", with: marketplace.apiKeys.secret, in: terminal)
            try await terminal.wait(forText: "секретный ключ")
            try await answer("Ключ проекта", with: marketplace.apiKeys.publishable, in: terminal)
            try await answer("Электронная почта", with: "anna", in: terminal)
            try await answer("Электронная почта", with: MarketplaceStandIn.anna, in: terminal)
            try await answer("Пароль", with: "wrong", in: terminal)
            try await terminal.wait(forText: "неверный адрес или пароль")
            try await answer("Пароль", with: MarketplaceStandIn.password, in: terminal)
            try await terminal.wait(forText: "Вы вошли: Анна Смирнова")
            #expect(try await terminal.waitForExit() == 0)
            #expect(try !terminal.capture().contains("horse"))

            let session = "state/chat-tui/session/session.json"
            #expect(try mode(of: session) == 0o600 && mode(of: "state/chat-tui/session") == 0o700)
            #expect(try files(with: MarketplaceStandIn.password) == [])
            let refresh = try #require(home.read(session).firstMatch(of: /"refresh(?:_token)?": ?"([^"]+)"/)?.1)
            #expect(try files(with: String(refresh)) == [session])
            let who = try await run("whoami")
            #expect(who.code == 0 && who.errors == "")
            #expect(who.lines.first == "Анна Смирнова <\(MarketplaceStandIn.anna)>")
            #expect(who.lines.dropFirst().first == "ID: \(marketplace.id(of: MarketplaceStandIn.anna))")
            #expect(who.output.contains("Проект: \(marketplace.url)\n"))
            let json = try await run("whoami", "--json").output
            #expect(json.contains(#""user_id":"\#(marketplace.id(of: MarketplaceStandIn.anna))""#))
            #expect(json.contains(#""server":"ws://127.0.0.1:\#(marketplace.port)/functions/v1/websocket-server""#))

            #expect(marketplace.sessions(of: MarketplaceStandIn.anna) == 1)
            let out = try await run("logout")
            #expect(out.code == 0 && out.errors == "Вы вышли: Анна Смирнова.\n")
            #expect(marketplace.sessions(of: MarketplaceStandIn.anna) == 0)
            #expect(try files(with: String(refresh)) == [])
            let nobody = try await run("whoami")
            #expect(nobody.code == 66 && nobody.errors == "chat-tui: вход не выполнен: chat-tui login\n")
            #expect(try await run("logout").code == 66)
            await marketplace.end()
        }

        @Test func aMailedCode() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let terminal = try logIn(to: marketplace, ["--email", MarketplaceStandIn.anna], columns: 40, rows: 10)
            try await answer("Пароль (Enter", with: "", in: terminal)
            try await answer("Код из письма", with: "", in: terminal)
            try await terminal.wait(forText: "слишком много писем")
            try await answer("Код из письма", with: "abc", in: terminal)
            try await answer("Код из письма", with: "000 000", in: terminal)
            try await terminal.wait(forText: "код неверный")
            let code = try #require(marketplace.code(mailedTo: MarketplaceStandIn.anna))
            try await answer("Код из письма", with: " \(code.prefix(3)) \(code.suffix(3))  ", in: terminal)
            #expect(try await terminal.waitForExit() == 0)
            await marketplace.end()
        }

        @Test func aSecondFactor() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let terminal = try logIn(to: marketplace, ["--email", MarketplaceStandIn.boris, "--method", "password"])
            try await answer("Пароль", with: MarketplaceStandIn.password, in: terminal)
            try await answer("Код из приложения", with: "123456", in: terminal)
            try await terminal.wait(forText: "код из приложения неверный")
            #expect(try await run("whoami").code == 66, "half a log-in is none")
            let code = Authenticator.code(secret: MarketplaceStandIn.appSecret, at: Date.now.timeIntervalSince1970)
            try await answer("Код из приложения", with: code, in: terminal)
            try await terminal.wait(forText: "Вы вошли: Борис")
            #expect(try await terminal.waitForExit() == 0)
            await marketplace.end()
        }

        /// Each thing that the service refuses for, by its sentence and the exit code.
        @Test func whatTheServiceRefuses() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            marketplace.change(MarketplaceStandIn.boris) { $0.isConfirmed = false }
            func refusal(
                _ email: String, code: Int, _ sentence: String, _ change: (inout Settings) -> Void
            ) async throws {
                let before = marketplace.settings
                marketplace.set(change)
                let terminal = try logIn(to: marketplace, ["--email", email, "--method", "code"], columns: 200)
                try await terminal.wait(forText: sentence)
                #expect(try await terminal.waitForExit() == code, "\(sentence)")
                marketplace.set { $0 = before }
            }
            let anna = MarketplaceStandIn.anna
            try await refusal("nobody@mail.example", code: 77, "учётной записи с этим адресом нет") { _ in }
            try await refusal(anna, code: 77, "проект требует капчу") { $0.captchaToken = "solved" }
            try await refusal(anna, code: 69, "приостановлен: его владелец") { $0.isPaused = true }
            try await refusal(anna, code: 77, "слишком много писем") { $0.mailsLeft = 0 }
            let unconfirmed = try logIn(
                to: marketplace, ["--email", MarketplaceStandIn.boris, "--method", "password", "--lang", "en"])
            try await answer("Password", with: MarketplaceStandIn.password, in: unconfirmed)
            try await unconfirmed.wait(forText: "the address is not confirmed yet")
            #expect(try await unconfirmed.waitForExit() == 77)
            await marketplace.goDown()
            let down = try logIn(to: marketplace, ["--email", anna], columns: 200)
            try await down.wait(forText: "127.0.0.1:\(marketplace.port) недоступен: порт закрыт")
            #expect(try await down.waitForExit() == 69)
            await marketplace.end()
        }

        /// Control sequences in every text of the service reach no terminal.
        @Test func hostileTexts() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let hostile = "\u{1B}]0;owned\u{7}\u{1B}[2J\u{9B}31m\u{202E}evil"
            marketplace.change(MarketplaceStandIn.anna) { account in
                account.metadata = ["full_name": .string(hostile), "name": .string(hostile)]
            }
            let terminal = try logIn(to: marketplace, ["--email", MarketplaceStandIn.anna])
            let title = try terminal.property("pane_title")
            try await answer("Пароль", with: MarketplaceStandIn.password, in: terminal)
            try await terminal.wait(forText: "Вы вошли")
            #expect(try await terminal.waitForExit() == 0)
            #expect(try terminal.property("pane_title") == title)
            for output in [try await run("whoami").output, try await run("whoami", "--json").output] {
                let isSafe = output.unicodeScalars.allSatisfy { scalar in
                    scalar == "\n"
                        || scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
                            && scalar != "\u{202E}"
                }
                #expect(isSafe, "\(output)")
            }
            marketplace.fail(.settings, .refuse(ServiceError(400, "odd_code", hostile)))
            let refused = try logIn(to: marketplace, ["--email", MarketplaceStandIn.anna])
            #expect(try await refused.waitForExit() == 77)
            #expect(try refused.property("pane_title") == title)
            await marketplace.end()
        }

        // MARK: - Terminals

        /// A password is not shown, also not while the program is stopped, and the terminal is as it was afterwards.
        @Test func thePasswordsTerminal() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let bash = [try Programs.installed("bash"), "--norc", "--noprofile", "-i"]
            let terminal = try TmuxTerminal(bash, home: home, columns: 200)
            let command =
                ([try Programs.built("chat-tui"), "login", "--email", MarketplaceStandIn.anna] + marketplace.flags)
                .joined(separator: " ")
            try terminal.type(command + "; echo code $?")
            try terminal.press("Enter")
            try await terminal.wait(forText: "Пароль (")
            try terminal.type("hidden")
            try terminal.press("C-z")
            try await terminal.wait(forText: "Stopped")
            try terminal.type("echo sh\"own\"")
            try terminal.press("Enter")
            try await terminal.wait(for: "what is typed, and its output") { screen in
                screen.contains("echo sh\"own\"") && screen.rows.contains("shown")
            }
            try terminal.type("fg; echo code $?")
            try terminal.press("Enter")
            try await terminal.wait(for: "the question again") { $0.count(of: "Пароль (") == 2 }
            try terminal.type("secret")
            try terminal.press("C-c")
            try await terminal.wait(for: "the exit code") { screen in screen.rows.contains { $0 == "code 130" } }
            try terminal.type("stty -a | grep -o '.echo '")
            try terminal.press("Enter")
            try await terminal.wait(for: "the echo") { screen in
                screen.rows.contains { $0.trimmingCharacters(in: .whitespaces) == "echo" }
            }
            #expect(try !terminal.capture().contains("hidden") && !terminal.capture().contains("secret"))
            await marketplace.end()
        }

        @Test func withoutATerminal() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            for (flags, sentence) in [
                ([], "укажите --project"), (["--project", marketplace.url], "укажите --apikey"),
                (marketplace.flags, "укажите --email"),
                (marketplace.flags + ["--email", MarketplaceStandIn.anna], "для пароля и кода нужен терминал"),
                (["--project", "http://mail.example"], "нужен https"),
                (["--project", marketplace.url, "--apikey", "x"], "--apikey: нужен ключ"),
                (["--method", "magic"], "«magic» не подходит"), (["--email", "anna"], "--email: нужен адрес"),
                (["--user", "anna"], "chat-tui login не принимает --user"), (["--profile", "a b"], "--profile: нужны"),
            ] {
                let outcome = try await CommandRun.outcome(["login"] + flags, home: home)
                #expect(outcome.code == 64 && outcome.errors.contains(sentence), "\(outcome)")
            }
            #expect(marketplace.mails.isEmpty)
            await marketplace.end()
        }

        // MARK: - The browser

        @Test func byBrowser() async throws {
            let marketplace = try await MarketplaceStandIn.open { $0.providers = ["github"] }
            let terminal = try logIn(to: marketplace, ["--method", "browser", "--no-browser"], columns: 200, rows: 50)
            let screen = try await terminal.wait(for: "the address") { screen in
                screen.rows.contains { $0.hasPrefix("\(marketplace.url)/auth/v1/authorize?") }
            }
            let start = try #require(screen.rows.firstIndex { $0.hasPrefix(marketplace.url) })
            let address = screen.rows[start...].prefix { !$0.isEmpty }.joined()
            let target = try marketplace.walk(from: address, as: MarketplaceStandIn.anna)
            let callback = try #require(URLComponents(string: target))
            let (port, path) = (try #require(callback.port), "\(callback.path)?\(callback.percentEncodedQuery ?? "")")
            #expect(callback.host == "127.0.0.1" && callback.path == "/callback")
            // What does not belong to this log-in is refused, and the program goes on waiting.
            for (request, status) in [
                ("GET \(path.replacing("state=", with: "state=x"))", 400), ("GET /callback", 400), ("GET /", 404),
                ("POST \(path)", 405), ("GET \(path)&code=x", 400), ("GET", 400),
            ] {
                let answer = try HTTP.exchange("\(request) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n", port: port)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(request): \(answer.prefix(60))")
            }
            for host in ["mail.example:\(port)", "127.0.0.1", "127.0.0.1:\(port)\r\nHost: 127.0.0.1:\(port)"] {
                let answer = try HTTP.exchange("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\r\n", port: port)
                #expect(answer.hasPrefix("HTTP/1.1 421 "), "\(host)")
            }
            let page = try Self.page(at: target, port: port, path: path)
            #expect(page.contains("это окно можно закрыть") && page.contains("lang=\"ru\""))
            try await terminal.wait(forText: "Вы вошли: Анна Смирнова")
            #expect(try await terminal.waitForExit() == 0)

            let declined = try logIn(to: marketplace, ["--method", "browser", "--lang", "en"], columns: 200, rows: 50)
            let other = try await declined.wait(for: "the address") { $0.contains("/auth/v1/authorize?") }
            let begin = try #require(other.rows.firstIndex { $0.hasPrefix(marketplace.url) })
            let way = try marketplace.walk(from: other.rows[begin...].prefix { !$0.isEmpty }.joined(), as: nil)
            let end = try #require(URLComponents(string: way))
            let answer = try HTTP.get("/callback?\(end.percentEncodedQuery ?? "")", port: try #require(end.port))
            #expect(answer.contains("This window can be closed") && answer.contains("lang=\"en\""))
            try await declined.wait(forText: "the log-in was declined in the browser")
            #expect(try await declined.waitForExit() == 77)
            await marketplace.end()
        }

        /// The page as Chromium shows it, if that is installed; otherwise its text as it is sent.
        private static func page(at address: String, port: Int, path: String) throws -> String {
            let names = ["chromium", "chromium-headless-shell", "chromium-browser", "google-chrome"]
            guard let browser = names.lazy.compactMap({ try? Programs.installed($0) }).first else {
                return try HTTP.get(path, port: port)
            }
            return try Programs.run(
                [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", address],
                environment: ["HOME": NSTemporaryDirectory(), "PATH": Programs.searchPath])
        }
    }
}
