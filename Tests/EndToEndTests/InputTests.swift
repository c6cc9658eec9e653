import Foundation
import Testing

extension EndToEnd {
    /// Standard input in the state that another program left it in, or that breaks off; and signals that end a program
    /// at once.
    @Suite struct InputTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        /// ssh, expect and Node leave a shared descriptor non-blocking.
        @Test(arguments: [["--seller", "bob", "--plain"], ["send", "--to", "bob"]])
        func nothingThereYetIsNotTheEnd(_ arguments: [String]) async throws {
            let server = try await ServerProcess.start(home: home)
            let options = ["--user", "alice", "--url", server.url]
            let run = try CommandRun(arguments + options, home: home, input: nil, waits: false)
            if arguments.contains("--plain") {
                try await run.wait(for: "the connection") { $0.lines.contains("-- На связи") }
            }
            for text in ["раз", "два"] {
                run.write(text + "\n")
                try await Task.sleep(for: .milliseconds(300))  // it has read everything, and the pipe is empty
            }
            run.closeInput()
            let outcome = try await run.waitForExit()
            #expect(outcome.code == 0 && outcome.errors == "")
            let stored = try server.get("/messages?userId=alice&otherUserId=bob")
            for text in ["раз", "два"] { #expect(stored.ranges(of: text).count == 1) }
        }

        /// Nobody has to wait for the runtime's backtrace or is asked for commands.
        @Test(arguments: [
            ["chat-tui", "--user", "alice", "--seller", "bob", "--plain"], ["chat-tui", "tail", "--user", "alice"],
            ["chat-tui", "--user", "alice", "--seller", "bob"],
            ["chat-server", "--port", "0", "--no-unix", "--store", "memory:"],
        ])
        func endsAtOnce(_ command: [String]) async throws {
            let isServer = command[0] == "chat-server"
            let url = isServer ? [] : ["--url", "ws://127.0.0.1:\(try LoopbackSocket.freePort())"]
            let beginning = isServer ? "listening on" : command.contains("tail") ? "пробуем снова" : "Подключение..."
            for signal in [SIGQUIT, SIGTRAP] {
                let words = [try Programs.built(command[0])] + command.dropFirst() + url
                let terminal = try TmuxTerminal(words, home: home)
                try await terminal.wait(forText: beginning)
                let id = try #require(ProcessTable.ids(of: command[0], with: home.path).first)
                kill(id, signal)  // Ctrl-\ would also end the shell around it
                #expect(try await terminal.waitForExit(within: .seconds(5)) == 128 + Int(signal))
                #expect(try !terminal.capture().contains("crashed"))
            }
        }
    }
}
