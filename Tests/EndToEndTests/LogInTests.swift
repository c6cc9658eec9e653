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
            // A wrong address is told before anything else is asked for.
            try await answer("Адрес проекта", with: "127.0.0.1:9", in: terminal)
            try await terminal.wait(forText: "сервис входа 127.0.0.1:9 недоступен: порт закрыт")
            try await answer("ещё раз http://127.0.0.1:9", with: "127.0.0.1:\(marketplace.port)", in: terminal)
            try await answer("Ключ проекта", with: marketplace.apiKeys.secret, in: terminal)
            try await terminal.wait(forText: "секретный ключ")
            try await answer("Ключ проекта", with: "sb_publishable_wrong", in: terminal)
            try await terminal.wait(forText: "не принял ключ")
            try await answer("Ключ проекта", with: marketplace.apiKeys.publishable, in: terminal)
            try await answer("Номер (Enter — 1)", with: "7", in: terminal)
            try await terminal.wait(forText: "Нужен номер от 1 до 3")
            try await answer("Номер (Enter — 1)", with: "", in: terminal)
            try await answer("Электронная почта", with: "anna", in: terminal)
            try await answer("Электронная почта", with: MarketplaceStandIn.anna, in: terminal)
            try await answer("Пароль", with: "wrong", in: terminal)
            try await terminal.wait(forText: "неверный адрес или пароль")
            try await answer("Пароль", with: MarketplaceStandIn.password, in: terminal)
            try await terminal.wait(forText: "Вы вошли: Анна Смирнова")
            try await terminal.wait(forText: "Написать о товаре: chat-tui --product-id ID")
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
            let link = try #require(marketplace.mails.first?.link)
            try await answer("Код из письма", with: link, in: terminal)
            try await terminal.wait(forText: "Это ссылка: откройте её")
            try await answer("Код из письма", with: "000 000", in: terminal)
            try await terminal.wait(forText: "код неверный")
            let code = try #require(marketplace.code(mailedTo: MarketplaceStandIn.anna))
            try await answer("Код из письма", with: " \(code.prefix(3)) \(code.suffix(3))  ", in: terminal)
            #expect(try await terminal.waitForExit() == 0)
            await marketplace.end()
        }

        /// The program was ended after the mail, and begins again within a minute. That code still counts.
        @Test(arguments: [["--method", "code"], []]) func aCodeThatWasMailedBefore(flags: [String]) async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let email = ["--email", MarketplaceStandIn.anna]
            let first = try logIn(to: marketplace, email + ["--method", "code"])
            try await first.wait(forText: "Код из письма:")
            let terminal = try logIn(to: marketplace, email + flags, columns: 200)
            if flags.isEmpty { try await answer("Пароль (Enter", with: "", in: terminal) }
            try await terminal.wait(for: "how long a new one has to wait") { screen in
                screen.rows.contains { row in
                    row.contains(/уже отправлен недавно, он действует\. Новый можно получить через \d+ с/)
                }
            }
            let code = try #require(marketplace.code(mailedTo: MarketplaceStandIn.anna))
            try await answer("Код из письма", with: code, in: terminal)
            #expect(try await terminal.waitForExit() == 0)
            #expect(marketplace.mails.count == 1)
            await marketplace.end()
        }

        /// The address is corrected on the way, and nothing else has to be said again.
        @Test func aWrongAddress() async throws {
            let marketplace = try await MarketplaceStandIn.open { $0.providers = [] }
            let (anna, nobody) = (MarketplaceStandIn.anna, "nobody@mail.example")
            let terminal = try logIn(to: marketplace, columns: 120, rows: 40)
            try await answer("Электронная почта:", with: nobody, in: terminal)
            try await answer("Пароль (Enter — получить код", with: "wrong", in: terminal)
            try await answer("Пароль для \(nobody) (Enter — исправить адрес или получить код)", with: "", in: terminal)
            try await answer("Электронная почта (Enter — \(nobody))", with: "", in: terminal)
            try await answer("Пароль (Enter — получить код", with: "", in: terminal)
            try await terminal.wait(forText: "учётной записи с этим адресом нет")
            try await answer("Электронная почта:", with: anna, in: terminal)
            try await answer("Пароль (Enter — получить код", with: MarketplaceStandIn.password, in: terminal)
            try await terminal.wait(forText: "Вы вошли: Анна Смирнова")
            #expect(try await terminal.waitForExit() == 0)

            let password = try logIn(
                to: marketplace, ["--email", nobody, "--method", "password", "--lang", "en"], columns: 120, rows: 40)
            try await answer("Password:", with: "wrong", in: password)
            try await answer("Password for \(nobody) (Enter to correct the address)", with: "", in: password)
            try await answer("E-mail (Enter for \(nobody))", with: anna, in: password)
            try await answer("Password:", with: MarketplaceStandIn.password, in: password)
            #expect(try await password.waitForExit() == 0)
            #expect(marketplace.mails.isEmpty)
            await marketplace.end()
        }

        /// A key, and a server that is no project but answers in JSON: both are told, and the address is asked for again.
        @Test func noAddressOfAProject() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let server = try await ServerProcess.start(home: home)
            let terminal = try TmuxTerminal(
                [Programs.built("chat-tui"), "login"], home: home, columns: 160, rows: 40)
            try await answer("Адрес проекта", with: marketplace.apiKeys.publishable, in: terminal)
            try await terminal.wait(forText: "это ключ проекта")
            try await answer("Адрес проекта", with: "127.0.0.1:\(server.port)", in: terminal)
            try await terminal.wait(
                forText:
                    "по адресу 127.0.0.1:\(server.port) нет сервиса входа проекта: проверьте адрес, --project (HTTP 404)"
            )
            try await answer(
                "ещё раз http://127.0.0.1:\(server.port)", with: "127.0.0.1:\(marketplace.port)", in: terminal)
            try await answer("его сообщает сайт", with: marketplace.apiKeys.publishable, in: terminal)
            try await terminal.wait(forText: "Номер (Enter — 1)")
            withExtendedLifetime(server) {}
            await marketplace.end()
        }

        /// There is nothing to do about a service that does not hear of it.
        @Test func aLogOutWithoutTheService() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let terminal = try logIn(to: marketplace, ["--email", MarketplaceStandIn.anna])
            try await answer("Пароль (Enter", with: MarketplaceStandIn.password, in: terminal)
            #expect(try await terminal.waitForExit() == 0)
            await marketplace.goDown()
            let out = try await run("logout")
            #expect(out.code == 69)
            #expect(
                out.errors
                    == "chat-tui: вы вышли на этом компьютере; сообщить об этом сервису не удалось, сеанс там закончится сам\n"
            )
            #expect(try await run("whoami").code == 66)
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
            for count in 1...5 {
                try await down.wait(for: "the sentence") { $0.count(of: "недоступен: порт закрыт") == count }
                try await answer("Enter — попробовать ещё раз", with: "", in: down)
            }
            #expect(try await down.waitForExit() == 69, "nobody is asked for ever")
            #expect(try down.capture().count(of: "сервис входа 127.0.0.1:\(marketplace.port) недоступен") == 6)
            await marketplace.end()
        }

        /// What goes wrong on the way to the service may be over a moment later. Nothing has to be typed again.
        @Test func aServiceThatAnswersBadly() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let page = Response(status: 200, body: Array("<html>Not now</html>".utf8))
            for fault in [Fault.unavailable, .answer(page), .garbage(Array("what?\r\n\r\n".utf8)), .loseRequest] {
                marketplace.fail(.password, fault, times: 1)
            }
            let terminal = try logIn(
                to: marketplace, ["--email", MarketplaceStandIn.anna, "--method", "password"], columns: 120, rows: 30)
            try await answer("Пароль", with: MarketplaceStandIn.password, in: terminal)
            for sentence in [
                "не работает: попробуйте позже (HTTP 503)", "не удалось прочитать", "отвечает не сервис входа",
                "закрывает соединение без ответа",
            ] {
                try await terminal.wait(forText: sentence)
                try await answer("Enter — попробовать ещё раз", with: "", in: terminal)
                try await terminal.wait(for: "the next answer") { screen in
                    screen.rows.last { !$0.isEmpty }?.contains("попробовать ещё раз, Ctrl-C — выйти:") == true
                        || screen.contains("Вы вошли")
                }
            }
            try await terminal.wait(forText: "Вы вошли: Анна Смирнова")
            #expect(try await terminal.waitForExit() == 0)
            let screen = try terminal.capture()
            for word in ["чат-сервер", "--url", "wss"] { #expect(!screen.contains(word), "\(word)") }
            #expect(screen.count(of: "Пароль") == 1)
            await marketplace.end()
        }

        /// The mail was sent, but the answer got lost. The second request is too early for another mail.
        @Test func aLostAnswerAboutAMail() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            marketplace.fail(.otp, .loseAnswer, times: 1)
            let terminal = try logIn(to: marketplace, ["--email", MarketplaceStandIn.anna, "--method", "code"])
            try await answer("Enter — попробовать ещё раз", with: "", in: terminal)
            try await terminal.wait(forText: "Код отправлен")
            let code = try #require(marketplace.code(mailedTo: MarketplaceStandIn.anna))
            try await answer("Код из письма", with: code, in: terminal)
            #expect(try await terminal.waitForExit() == 0)
            #expect(marketplace.mails.count == 1)
            await marketplace.end()
        }

        /// Sentences and questions are broken between words, whatever the terminal's width is.
        @Test(arguments: [(80, 24), (40, 10)]) func lines(columns: Int, rows: Int) async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let refused = try logIn(
                to: marketplace, ["--email", "nobody@mail.example", "--method", "code"], columns: columns, rows: rows)
            let sentence =
                "chat-tui: учётной записи с этим адресом нет: зарегистрируйтесь на сайте или исправьте адрес"
            try await refused.wait(for: "the sentence") { screen in
                screen.rows.filter { !$0.isEmpty }.joined(separator: " ").contains(sentence)
            }
            marketplace.fail(.otp, .unavailable, times: 1)
            let asked = try logIn(
                to: marketplace, ["--email", MarketplaceStandIn.anna, "--method", "code"], columns: columns, rows: rows)
            try await asked.wait(for: "the question") { screen in
                screen.rows.filter { !$0.isEmpty }.joined(separator: " ").hasSuffix(
                    "Enter — попробовать ещё раз, Ctrl-C — выйти:")
            }
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

        /// The second question is as safe as the first: it comes back after a stop, and Ctrl-C ends it.
        @Test func theSecondQuestionsTerminal() async throws {
            let marketplace = try await MarketplaceStandIn.open()
            let bash = [try Programs.installed("bash"), "--norc", "--noprofile", "-i"]
            let terminal = try TmuxTerminal(bash, home: home, columns: 200)
            let command = ([try Programs.built("chat-tui"), "login"] + marketplace.flags).joined(separator: " ")
            try terminal.type(command + "; echo code $?")
            try terminal.press("Enter")
            try await answer("Номер (Enter — 1)", with: "1", in: terminal)
            try await terminal.wait(forText: "Электронная почта")
            try terminal.press("C-z")
            try await terminal.wait(forText: "Stopped")
            try terminal.type("fg; echo code $?")
            try terminal.press("Enter")
            try await terminal.wait(for: "the question again") { $0.count(of: "Электронная почта") == 2 }
            try terminal.type("anna")
            try await terminal.wait(for: "what is typed") { $0.rows.last { !$0.isEmpty }?.hasSuffix("anna") == true }
            try terminal.press("C-c")
            try await terminal.wait(for: "the exit code") { screen in screen.rows.contains { $0 == "code 130" } }
            try terminal.type("stty -a | grep -Eo '[-]?(echo|icanon|isig) ' | tr -d '\\n'")
            try terminal.press("Enter")
            try await terminal.wait(for: "a sane terminal") { screen in
                screen.rows.contains { $0.hasPrefix("isig icanon echo") }
            }
            #expect(marketplace.mails.isEmpty)
            await marketplace.end()
        }

        /// Whoever asks in the background, or is stopped and continued there, shows no password when it comes to the front.
        @Test(arguments: ["started there", "sent there"]) func aPasswordAskedInTheBackground(_ kind: String)
            async throws
        {
            let marketplace = try await MarketplaceStandIn.open()
            let bash = [try Programs.installed("bash"), "--norc", "--noprofile", "-i"]
            let terminal = try TmuxTerminal(bash, home: home, columns: 200)
            let command =
                ([try Programs.built("chat-tui"), "login", "--method", "password"] + marketplace.flags
                + ["--email", MarketplaceStandIn.anna]).joined(separator: " ")
            // The shell says at once what becomes of its jobs.
            try terminal.type("set -b")
            try terminal.press("Enter")
            if kind == "started there" {
                try terminal.type(command + " &")
                try terminal.press("Enter")
            } else {
                try terminal.type(command)
                try terminal.press("Enter")
                try await terminal.wait(forText: "Пароль")
                try terminal.press("C-z")
                try await terminal.wait(forText: "Stopped")
                try terminal.type("bg")
                try terminal.press("Enter")
            }
            try await terminal.wait(for: "the shell's word") {
                $0.count(of: "Stopped") == (kind == "started there" ? 1 : 2)
            }
            try terminal.type("fg")
            try terminal.press("Enter")
            try await terminal.wait(for: "the question in front") { screen in
                screen.rows.last { !$0.isEmpty }?.contains("Пароль") == true
            }
            try terminal.type("not-to-be-seen")
            try terminal.press("C-c")
            try terminal.type("echo code $?")
            try terminal.press("Enter")
            let end = try await terminal.wait(for: "the exit code") { $0.rows.contains { $0 == "code 130" } }
            #expect(!end.contains("not-to-be-seen"), "\(end.framed)")
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
                (["--user", "anna"], "chat-tui login не принимает --user"),
                (["--data-dir", "/tmp"], "chat-tui login не принимает --data-dir"),
                (["--profile", "a b"], "--profile: нужны"),
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
            let page = try HTTP.get(path, port: port)
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

        /// Starts a log-in with a browser that only notes its arguments.
        /// - Returns: the terminal, and the browser's arguments.
        private func logInWithBrowser(to marketplace: MarketplaceStandIn) async throws -> (TmuxTerminal, [String]) {
            let (script, notes) = (home.file("browser"), "arguments-\(UUID().uuidString.prefix(8))")
            try home.write("#!/bin/sh\nprintf '%s\\n' \"$@\" > \(home.file(notes)).new\n", to: "browser")
            try home.write(home.read("browser") + "mv \(home.file(notes)).new \(home.file(notes))\n", to: "browser")
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: script)
            let command = [try Programs.installed("env"), "BROWSER=\(script)", try Programs.built("chat-tui"), "login"]
            let terminal = try TmuxTerminal(
                command + marketplace.flags + ["--method", "browser"], home: home, columns: 120, rows: 40)
            let arguments = try await wait(for: "the browser", state: { try terminal.capture().framed }) {
                try? home.read(notes)
            }
            return (terminal, arguments.split(separator: "\n").map(String.init))
        }

        private var pages: [String] {
            get throws {
                let names = try FileManager.default.contentsOfDirectory(atPath: home.path)
                return names.filter { $0.hasPrefix("chat-tui-login-") }
            }
        }

        /// Everybody can read the arguments of the browser, so the address is in a file that only this user can read.
        @Test func theBrowserGetsAPrivatePage() async throws {
            let marketplace = try await MarketplaceStandIn.open { $0.providers = ["github"] }
            let (terminal, arguments) = try await logInWithBrowser(to: marketplace)
            let folder = try #require(try pages.first)
            #expect(arguments == ["file://\(home.file(folder))/login.html"])
            #expect(try mode(of: folder) == 0o700 && mode(of: folder + "/login.html") == 0o600)
            let page = try home.read(folder + "/login.html")
            let link = try #require(page.firstMatch(of: /href="([^"]+)"/)?.1)
            #expect(page.contains("content=\"0; url=\(link)\"") && link.contains("&amp;code_challenge="))
            try await terminal.wait(forText: "ждёт 5 минут")
            let target = try marketplace.walk(
                from: String(link).replacing("&amp;", with: "&"), as: MarketplaceStandIn.anna)
            let callback = try #require(URLComponents(string: target))
            _ = try HTTP.get("/callback?\(callback.percentEncodedQuery ?? "")", port: try #require(callback.port))
            #expect(try await terminal.waitForExit() == 0)
            #expect(try pages == [])
            await marketplace.end()
        }

        /// No file stays behind, whatever ends the program.
        @Test func thePageGoesWithTheProgram() async throws {
            let marketplace = try await MarketplaceStandIn.open { $0.providers = ["github"] }
            let (terminal, _) = try await logInWithBrowser(to: marketplace)
            #expect(try pages.count == 1)
            // Ctrl-C would end the shell that runs it, too.
            let process = try #require(ProcessTable.ids(of: "chat-tui", with: home.path).first)
            kill(process, SIGINT)
            #expect(try await terminal.waitForExit() == 130)
            #expect(try pages == [])
            await marketplace.end()
        }

        /// The way from the private page to the last one, in a real browser.
        @Test(
            .enabled(if: Chromium.isInstalled, "Chromium is not installed: the pages are not tried in a real browser"))
        func inChromium() async throws {
            let marketplace = try await MarketplaceStandIn.open { $0.providers = ["github"] }
            let (terminal, arguments) = try await logInWithBrowser(to: marketplace)
            let signIn = try Chromium.page(at: try #require(arguments.first), home: home)
            #expect(signIn.contains("name=\"state\""), "\(signIn)")
            let page = try home.read(try #require(try pages.first) + "/login.html")
            let link = String(try #require(page.firstMatch(of: /href="([^"]+)"/)?.1)).replacing("&amp;", with: "&")
            let end = try Chromium.page(at: marketplace.walk(from: link, as: MarketplaceStandIn.anna), home: home)
            #expect(end.contains("это окно можно закрыть") && end.contains("lang=\"ru\""), "\(end)")
            try await terminal.wait(forText: "Вы вошли: Анна Смирнова")
            #expect(try await terminal.waitForExit() == 0)
            await marketplace.end()
        }
    }
}
