import Foundation
import Testing

extension EndToEnd {
    /// `wss`, with valid and invalid certificates.
    @Suite struct EncryptionTests {
        let home: Home

        init() throws {
            home = try Home()
            try home.write(TestCertificates.authority, to: "authority.pem")
            try home.write(TestCertificates.key, to: "key.pem")
        }

        /// A server with this certificate.
        private func start(_ certificate: String) async throws -> ServerProcess {
            try home.write(certificate, to: "server.pem")
            return try await ServerProcess.start(
                home: home, options: ["--tls-cert", home.file("server.pem"), "--tls-key", home.file("key.pem")])
        }

        private func command(
            _ server: ServerProcess, authorities: String? = "authority.pem", _ options: [String] = []
        ) throws -> [String] {
            try TmuxTerminal.command(.alice, with: .bob, url: "wss://localhost:\(server.port)")
                + (authorities.map { ["--ca-file", home.file($0)] } ?? []) + options
        }

        private func clientLog() throws -> String { try home.read("state/chat-tui/chat-tui.log") }

        private func attempts() throws -> Int { try clientLog().ranges(of: "Подключаемся к WebSocket").count }

        @Test func connectsAndReadsItsCertificateAnew() async throws {
            let server = try await start(TestCertificates.localhost)
            let alice = try TmuxTerminal(command(server), home: home)
            try await alice.waitUntilConnected()
            try await alice.send("Через TLS")
            try await alice.wait(forText: "✓")

            let process = try #require(ProcessTable.ids(of: "chat-server", with: home.path).first)
            try home.write("no certificate", to: "server.pem")
            kill(process, SIGHUP)
            try await waitForServerLog("server.pem. The previous certificate stays in use")
            let later = try TmuxTerminal(command(server), home: home)
            try await later.waitUntilConnected()
            try await later.wait(forText: "Через TLS")  // the history comes by https

            try home.write(TestCertificates.other, to: "server.pem")
            kill(process, SIGHUP)
            try await waitForServerLog("New connections get the certificate that was just read")
            let last = try TmuxTerminal(command(server), home: home)
            try await last.wait(forText: "выдан другому серверу")
            #expect(try alice.capture().isConnected)
        }

        private func waitForServerLog(_ text: String) async throws {
            try await wait(for: "‘\(text)’ in the server's log", state: { try home.read("server.log") }) {
                try home.read("server.log").contains(text) ? true : nil
            }
        }

        struct Wrong: Sendable {
            var certificate: String
            var authorities: String?
            var language = "ru"
            var sentence: String
            /// In the log, where it is not the sentence of the screen.
            var logged: String?
        }

        static let wrong = [
            Wrong(
                certificate: TestCertificates.localhost,
                sentence: "выдан неизвестным центром", logged: "сертификат сервера выдан неизвестным центром"),
            Wrong(
                certificate: TestCertificates.expired, authorities: "authority.pem", language: "en",
                sentence: "has expired: check this machine's date", logged: "срок сертификата сервера истёк"),
            Wrong(
                certificate: TestCertificates.other, authorities: "authority.pem",
                sentence: "выдан другому серверу: проверьте имя", logged: "сертификат выдан не этому серверу"),
        ]

        @Test(arguments: wrong)
        func saysWhatIsWrongWithACertificateAndWaits(_ wrong: Wrong) async throws {
            let server = try await start(wrong.certificate)
            let command = try command(server, authorities: wrong.authorities, ["--lang", wrong.language])
            let alice = try TmuxTerminal(command, home: home)
            let words = wrong.sentence
            let screen = try await alice.wait(forText: words)
            #expect(!screen.isConnected)
            #expect(screen.count(of: words) == 1)
            #expect(try clientLog().ranges(of: wrong.logged ?? wrong.sentence).count == 1)
            try await Task.sleep(for: .seconds(2))  // it would have tried again by now
            #expect(try attempts() == 1)
            try alice.press("C-r")
            try await wait(for: "another attempt", state: clientLog) { try attempts() == 2 ? true : nil }
        }

        /// Also where nothing is encrypted, and where no connection is made: the user expects the file to be in force.
        @Test(arguments: [[], ["--url", "ws://127.0.0.1:1"], ["--url", "wss://127.0.0.1:1"]])
        func saysAlwaysWhatIsWrongWithTheAuthorities(_ url: [String]) async throws {
            try home.write("no PEM", to: "text.pem")
            try home.write("", to: "empty.pem")
            let commands = [
                ["send", "--to", "bob", "x"], ["tail"], ["export", "--with", "bob"], ["--seller", "bob", "--plain"],
                ["--seller", "bob"],
            ]
            for command in commands {
                for (name, words) in [
                    ("none.pem", "--ca-file: нет файла с сертификатами "), ("text.pem", " нет сертификатов (PEM)"),
                    ("empty.pem", "пуст"), (".", "нужен файл с сертификатами, а "),
                ] {
                    let options = ["--user", "alice", "--ca-file", home.file(name)] + url
                    let run = try await CommandRun.outcome(command + options, home: home)
                    #expect(
                        run.code == 64 && run.errors.contains(words) && run.errors.contains(home.file(name)), "\(run)")
                }
            }
        }

        /// A mistake in the address or in a setting is distinguished from a server that is not there.
        @Test func saysWhatIsWrongWithEncryption() async throws {
            let server = try await start(TestCertificates.localhost)
            let cases = [
                ("ws", "ru", "закрывает соединение: возможно, нужен wss"),
                ("ws", "en", "closes the connection at once: perhaps it needs wss"),
            ]
            for (scheme, language, sentence) in cases {
                let run = try await CommandRun.outcome(
                    [
                        "send", "--user", "alice", "--to", "bob", "--url", "\(scheme)://localhost:\(server.port)",
                        "--ca-file", home.file("authority.pem"), "--lang", language, "--timeout", "3", "текст",
                    ], home: home)
                #expect(run.code == 69 && run.errors.contains(sentence), "\(run)")
            }
        }

        /// Its readers look for the same words in every user's log.
        @Test func theLogHasOneLanguage() async throws {
            let server = try await start(TestCertificates.localhost)
            let reasons = ["wss": "сертификат сервера выдан неизвестным центром", "ws": "сервер закрыл соединение"]
            for (scheme, reason) in reasons {
                var logs: [Set<Substring>] = []  // the number of attempts is left to chance
                for language in ["ru", "en"] {
                    let log = "\(scheme).\(language).log"
                    let run = try await CommandRun.outcome(
                        [
                            "send", "--user", "alice", "--to", "bob", "--url", "\(scheme)://localhost:\(server.port)",
                            "--lang", language, "--timeout", "1",
                            "--log-file", home.file(log), "текст",
                        ], home: home)
                    #expect(run.code == 69, "\(run)")
                    // Each line begins with its time.
                    logs.append(Set(try home.read(log).split(separator: "\n").map { $0.drop { $0 != " " } }))
                }
                #expect(logs[0] == logs[1])
                #expect(logs[1].contains { $0.contains("закрыто: \(reason)") })
            }
        }

        @Test(arguments: [["--tls-cert", "server.pem"], ["--tls-cert", "server.pem", "--tls-key", "authority.pem"]])
        func doesNotStartWithoutBothFiles(_ options: [String]) async throws {
            try home.write(TestCertificates.localhost, to: "server.pem")
            let options = options.map { $0.hasSuffix(".pem") ? home.file($0) : $0 }
            await #expect(throws: ServerProcess.Ended.self) {
                _ = try await ServerProcess.start(home: home, options: options)
            }
            let log = try home.read("server.log")
            #expect(
                log.contains("must be given together") || log.contains("Cannot read a certificate or key in PEM form"))
        }
    }
}
