#if Cluster

import Foundation
import Testing

@testable import PostgresStore

/// The guide for Supabase, command by command, on a PostgreSQL that is laid out like Supabase's.
@Suite(.timeLimit(.minutes(5)), .enabled(if: Project.hasTools)) struct GuideTests {
    private let guide: Guide

    init() throws { guide = try Guide() }

    @Test func everyBlockIsKnownHere() throws {
        let known = try Guide.Step.allCases.map { try guide.block($0) }
        #expect(guide.blocks == known)
        #expect(guide.blocks.map(\.language).sorted() == ["js"] + Array(repeating: "sh", count: 15) + ["sql"])
    }

    @Test func fromNothingToThreeProgramsThatTalk() async throws {
        let project = try Project()
        do { try await follow(project) } catch { Issue.record(error) }
        try project.end()
    }

    private func follow(_ project: Project) async throws {
        try succeed(.direct, on: project)
        try migrate(project)
        #expect(try succeed(.tryServer, on: project).output.contains("chat_server"))

        _ = try project.start(try guide.block(.server).text, output: "server.log")
        try await waitForLog("listening on wss://", in: "server.log", of: project)
        let ready = try guide.block(.ready).text
        try await wait("the server to be ready") { try project.run(ready).output.contains("\"status\":\"running\"") }

        // A browser asks first whether the page may send its token.
        let preflight = try project.run(
            """
            curl -fsSi -X OPTIONS 'https://chat.example:8443/messages' -H 'Origin: https://shop.example' \
              -H 'Access-Control-Request-Method: GET' -H 'Access-Control-Request-Headers: authorization'
            """)
        #expect(preflight.output.lowercased().contains("access-control-allow-headers: authorization"), "\(preflight)")

        let (alice, bob) = (Project.alice, Project.bob)
        let web = try await webClient(project, as: bob, token: project.auth.token(for: bob))
        try await wait("the web client's log-in") { web.types == ["auth_success"] }
        let stranger = try await webClient(project, as: bob, token: project.auth.token(for: alice))
        try await wait("the end of a stranger's connection") { stranger.code == 4503 }

        try succeed(.logIn, on: project, input: "alice@shop.example\npass\"word\n")
        let terminal = try GuideTerminal(try guide.block(.terminal).text, project)
        try await wait("the terminal", state: terminal.screen) {
            let screen = try terminal.screen()
            return screen.contains("●") && screen.contains("до миграции")
        }

        try terminal.type("из терминала")
        try await wait("the terminal's message") { web.texts == ["из терминала"] }
        web.send("из браузера", to: alice)
        try await wait("the web client's confirmation") { web.types.contains("message_sent") }
        try project.insert("из функции Алисе", from: bob, to: alice)
        try project.insert("из функции Ивану", from: alice, to: bob)
        try await wait("the edge function's messages") { web.texts == ["из терминала", "из функции Ивану"] }
        let all = ["до миграции", "из терминала", "из браузера", "из функции Алисе", "из функции Ивану"]
        try await wait("all messages on the screen", state: terminal.screen) {
            let screen = try terminal.screen()
            return all.allSatisfy { screen.contains($0) }
        }
        #expect(try history(project, of: bob, with: alice) == all)

        try project.rest("UPDATE messages SET is_read = true WHERE receiver_id = auth.uid() AND NOT is_read", as: bob)
        let read = try project.column("SELECT count(*)::text FROM messages WHERE is_read AND receiver_id = '\(bob)'")
        #expect(read == ["2"])

        try succeed(.renew, on: project)
        #expect(try project.run("jq -r .refresh_token login.json").output == "second\n")

        try await logInWithTheLegacySecret(project)
        web.close()
        try await goBack(project, with: all)
    }

    /// The owner's part of the guide.
    private func migrate(_ project: Project, isPooled: Bool = false) throws {
        let password = Project.ownersPassword.replacing(":", with: #"\:"#)
        try succeed(.passwords, on: project, input: password + "\n", isPooled: isPooled)
        #expect(try succeed(.tryOwner, on: project, isPooled: isPooled).output.contains("postgres"))
        let check = try project.run(guide.block(.check).text, isPooled: isPooled)
        #expect(check.code == 1 && check.output.contains("version 0"), "\(check)")
        try succeed(.print, on: project, isPooled: isPooled)
        #expect(try project.run("cat chat.sql").output.contains("CREATE SCHEMA chat"))
        #expect(try succeed(.migrate, on: project, isPooled: isPooled).output.contains("are now of version"))
        #expect(try succeed(.migrate, on: project, isPooled: isPooled).output.hasPrefix("nothing to do"))
        try succeed(.check, on: project, isPooled: isPooled)

        try succeed(.serversPassword, on: project, isPooled: isPooled)
        let password2 = try project.run("sed -n 's/.*://; $p' pgpass").output.trimmingCharacters(in: .newlines)
        #expect(password2.count == 48)
        let log = try project.run("cat \(project.server.folder)/log").output
        #expect(log.contains("ALTER USER chat_server PASSWORD 'SCRAM-SHA-256$") && !log.contains(password2))
    }

    private func logInWithTheLegacySecret(_ project: Project) async throws {
        let secret = "a secret of more than thirty-two bytes"
        try succeed(.legacySecret, on: project, input: secret + "\n")
        let command = try guide.block(.server).text.replacing("8443", with: "8444")
            .replacing("--no-unix", with: "--no-unix --jwt-secret-file jwt-secret")
        _ = try project.start(command, output: "second.log")
        try await waitForLog("listening on wss://", in: "second.log", of: project)
        let bob = Project.bob
        for token in [try project.auth.legacyToken(for: bob, secret: secret), try project.auth.token(for: bob)] {
            let web = try await webClient(project, port: 8444, as: bob, token: token)
            try await wait("a log-in with both kinds of tokens") { web.types == ["auth_success"] }
            web.close()
        }
    }

    private func goBack(_ project: Project, with texts: [String]) async throws {
        project.endChildren()
        let removal = try guide.block(.removal)
        #expect(removal.language == "sql")
        let asOwner = try guide.block(.tryOwner).text.replacing("-c 'SELECT current_user'", with: "-v ON_ERROR_STOP=1")
        let outcome = try project.run(asOwner, input: removal.text)
        #expect(outcome.code == 0, "\(outcome)")
        #expect(try project.column("SELECT message_text FROM messages ORDER BY created_at") == texts)
        #expect(
            try project.column("SELECT policyname::text FROM pg_policies WHERE schemaname = 'public' ORDER BY 1") == [
                "Users can insert their own messages", "Users can update their own messages",
                "Users can view their own messages",
            ])
        #expect(try project.column("SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'chat%'").isEmpty)
        let (alice, bob) = (Project.alice, Project.bob)
        try project.rest("SELECT FROM messages WHERE sender_id = '\(bob)'", as: alice)
        try project.rest(
            "INSERT INTO messages (sender_id, receiver_id, message_text) VALUES (auth.uid(), '\(bob)', 'дальше')",
            as: alice)
        try project.rest("UPDATE messages SET is_read = true WHERE receiver_id = auth.uid()", as: bob)
        // And there again.
        try succeed(.migrate, on: project)
    }

    // MARK: - The poolers

    /// PgBouncer stands for Supavisor, which cuts the project's reference off the user's name. PgBouncer cannot do that, so
    /// there is one for each role.
    @Test(.enabled(if: PgBouncer.isInstalled)) func throughThePoolers() async throws {
        let project = try Project()
        do { try await follow(throughPoolersOf: project) } catch { Issue.record(error) }
        try project.end()
    }

    private func follow(throughPoolersOf project: Project) async throws {
        func pooler(_ mode: String, _ port: Int, role: String, password: String) throws -> PgBouncer {
            let files = project.folder + "/pg"
            return try PgBouncer(
                before: project.server, mode: mode,
                door: .network(
                    address: project.poolersAddress, port: port, certificate: files + "/server.crt",
                    key: files + "/server.key"),
                users: ["\(role).abcdefghijklmnopqrst": password], role: role)
        }
        try succeed(.pooler, on: project)
        let owners = try pooler("session", 5432, role: "postgres", password: Project.ownersPassword)
        try migrate(project, isPooled: true)
        try owners.stop()

        let password = try project.run("sed -n 's/.*://; $p' pgpass").output.trimmingCharacters(in: .newlines)
        let servers = try pooler("session", 5432, role: "chat_server", password: password)
        #expect(try succeed(.tryServer, on: project, isPooled: true).output.contains("chat_server"))
        let command = try guide.block(.server).text
        _ = try project.start(command, output: "server.log", isPooled: true)
        try await waitForLog("listening on wss://", in: "server.log", of: project)
        let web = try await webClient(project, as: Project.bob, token: project.auth.token(for: Project.bob))
        try project.insert("из функции", from: Project.alice, to: Project.bob)
        try await wait("a message over the pooler") { web.texts == ["из функции"] }
        web.close()
        // The guide says how many connections there are at most.
        let connections = try project.column(
            "SELECT count(*)::text FROM pg_stat_activity WHERE usename = 'chat_server'")
        #expect(connections[0].flatMap { Int($0) } ?? 99 <= 8)
        project.endChildren()
        try servers.stop()

        let transactions = try pooler("transaction", 6543, role: "chat_server", password: password)
        try project.run("sed 's/:5432:/:6543:/' pgpass > more; cat more >> pgpass; rm more")
        let refused = try project.run(command.replacing("5432", with: "6543"), isPooled: true)
        let sentence = try #require(guide.text.firstMatch(of: /port 6543 \| Refused: `(.*)`/)?.1)
        #expect(refused.code == 73 && refused.output.contains(sentence), "\(refused)")
        try transactions.stop()
    }

    // MARK: - Sentences

    @Test func messagesAreThoseOfTheTable() throws {
        let project = try Project()
        defer { try? project.end() }
        try succeed(.direct, on: project)
        try succeed(.passwords, on: project, input: "wrong\n")
        let check = try guide.block(.check).text
        let cases = [
            ("", "password authentication failed"),
            ("PGPASSFILE=$PWD/none", "no password supplied"),
            ("PGSSLROOTCERT=$PWD/other.crt", "certificate verify failed"),
            ("unset PGHOSTADDR; HOST=db.nosuch.supabase.co", "could not translate host name"),
        ]
        for (change, message) in cases {
            #expect(guide.text.contains("`\(message)`"))
            let outcome = try project.run("(\(change)\n\(check))")
            #expect(outcome.code == 73 && outcome.output.contains(message), "\(outcome)")
            #expect(outcome.output.split(separator: "\n").count == 1, "\(outcome)")
        }
    }

    // MARK: - Helpers

    @discardableResult
    private func succeed(
        _ step: Guide.Step, on project: Project, input: String = "", isPooled: Bool = false
    ) throws -> Project.Outcome {
        let block = try guide.block(step)
        #expect(block.language == "sh")
        let outcome = try project.run(block.text, input: input, isPooled: isPooled)
        try #require(outcome.code == 0, "\(step): \(outcome)")
        return outcome
    }

    /// Connects as the guide's JavaScript does.
    private func webClient(
        _ project: Project, port: Int = 8443, as user: String, token: String
    ) async throws -> OldWebClient {
        let code = try guide.block(.web)
        #expect(code.language == "js" && code.text.contains("'wss://chat.example:8443'"))
        let object = try #require(code.text.firstMatch(of: /JSON\.stringify\(\{ (.*) \}\)/)?.1)
        let fields = object.split(separator: ", ").map { String($0.prefix { $0 != ":" }) }
        return try await OldWebClient(
            project.address, port: port, authorities: project.folder + "/prod-ca-2021.crt", user: user, fields: fields,
            token: token)
    }

    /// The texts that the guide's JavaScript loads.
    private func history(_ project: Project, of user: String, with other: String) throws -> [String] {
        let code = try guide.block(.web).text
        let address = try #require(code.firstMatch(of: /`(https:.*)`/)?.1)
            .replacing("${session.user.id}", with: user).replacing("${other}", with: other)
        let header = try #require(code.firstMatch(of: /(Authorization): `(Bearer) \$\{session.access_token\}`/))
        let outcome = try project.run(
            """
            curl -fsS '\(address)' -H 'Origin: https://shop.example' \
              -H '\(header.1): \(header.2) \(try project.auth.token(for: user))' | jq -r '.messages[].message_text'
            """)
        #expect(outcome.code == 0, "\(outcome)")
        return outcome.output.split(separator: "\n").map(String.init)
    }

    private func waitForLog(_ text: String, in file: String, of project: Project) async throws {
        func log() throws -> String { try String(contentsOfFile: project.folder + "/" + file, encoding: .utf8) }
        try await wait(text, state: log) { try log().contains(text) }
    }
}

/// Waits until something is the case.
private func wait(
    _ what: String, state: () throws -> String = { "" }, until isSo: () throws -> Bool
) async throws {
    let end = ContinuousClock.now + .seconds(30)
    while try !isSo() {
        if .now > end { throw PostgresServer.Failure(description: "\(what): \(try state())") }
        try await Task.sleep(for: .milliseconds(50))
    }
}

/// The guide's window, in tmux.
private struct GuideTerminal {
    private let project: Project

    init(_ script: String, _ project: Project) throws {
        self.project = project
        // The window takes the shell's place, so that `end()` finds it.
        let command = ". ./.session; chat-tui() { exec env chat-tui \"$@\"; }\n" + project.filled(script)
        try command.write(toFile: project.folder + "/window", atomically: true, encoding: .utf8)
        let outcome = try project.run(
            """
            \(PostgresServer.closingDescriptors)
            tmux -u -S tmux -f /dev/null new-session -d -x 80 -y 24 -- bash window
            """)
        try #require(outcome.code == 0, "\(outcome)")
    }

    func screen() throws -> String { try project.run("tmux -S tmux capture-pane -p").output }

    func type(_ text: String) throws {
        try project.run("tmux -S tmux send-keys -l -- '\(text)'; tmux -S tmux send-keys Enter")
    }
}

#endif
