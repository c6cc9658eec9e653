import Foundation
import Testing

extension EndToEnd {
    /// Completion in a shell, with a real bash: the script that the program prints is loaded, and its function is called
    /// as bash calls it on Tab.
    @Suite struct CompletionTests {
        let home: Home

        init() throws {
            home = try Home()
            try home.write("", to: "tokens.txt")
            try FileManager.default.createDirectory(atPath: home.file("todo"), withIntermediateDirectories: true)
        }

        /// What Tab offers after these words, of which the last one is incomplete.
        private func completions(of words: [String], program: String) throws -> [String] {
            let script = """
                PATH="${1%/*}:$PATH"
                cd "$2" && source <("$1" --generate-completion-script bash) || exit 1
                shift 2
                COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=$((${#COMP_LINE}))
                complete -p "$1" >/dev/null || exit 1
                "_$1" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" || true
                printf '%s\\n' "${COMPREPLY[@]}"
                """
            let output = try Programs.run(
                [
                    Programs.installed("bash"), "--norc", "-c", script, "bash", Programs.built(program), home.path,
                    program,
                ]
                    + words, environment: home.environment)
            return output.split(separator: "\n").map(String.init).sorted()
        }

        @Test(arguments: [
            (["--lang", ""], ["en", "ru"]), (["send", "--lang", "e"], ["en"]), (["s"], ["search", "send"]),
            (["--token-file", "to"], ["todo", "tokens.txt"]), (["--data-dir", "to"], ["todo"]),
            (["config", "--config", "tok"], ["tokens.txt"]), (["--seller", ""], []), (["send", "--to", ""], []),
            (["--pro"], ["--product", "--product-id", "--profile"]),
            (["login", "--method", ""], ["browser", "code", "password"]),
            (["tail", "--wi"], ["--with"]), (["login", "--to"], []), (["login", "--pr"], ["--profile", "--project"]),
        ])
        func client(words: [String], expected: [String]) throws {
            #expect(try completions(of: words, program: "chat-tui") == expected)
        }

        @Test(arguments: [
            (["--auth", ""], ["jwt", "none"]), (["--log-format", ""], ["json", "text"]),
            (["--log-level", "w"], ["warning"]), (["--tls-cert", "to"], ["todo", "tokens.txt"]),
            (["--store", "m"], ["memory:"]), (["backup", "tok"], ["tokens.txt"]), (["us"], ["user"]),
        ])
        func server(words: [String], expected: [String]) throws {
            #expect(try completions(of: words, program: "chat-server") == expected)
        }

        @Test func peopleProductsAndProfilesOfThisMachine() async throws {
            let server = try await ServerProcess.start(home: home)
            for (peer, product) in [("bob", "sofa-1"), ("carl", "lamp-2")] {
                let sent = try CommandRun(
                    [
                        "--plain", "--user", "alice", "--seller", peer, "--product-id", product, "--url", server.url,
                    ], home: home, input: "Добрый день!")
                #expect(try await sent.waitForExit(within: .seconds(60)).code == 0)
            }
            let settings = "url = \"\(server.url)\"\nuser = \"alice\"\n[profiles.shop]\nuser = \"bob\"\n"
            try home.write(settings, to: "settings.toml")
            let file = ["--config", "settings.toml"]
            let expected: [([String], [String])] = [
                (file + ["--seller", ""], ["bob", "carl"]), (file + ["--seller", "c"], ["carl"]),
                (["send", "--config", "settings.toml", "--to", ""], ["bob", "carl"]),
                (file + ["--product-id", ""], ["lamp-2", "sofa-1"]), (["--user", ""], ["alice"]),
                (file + ["--profile", ""], ["shop"]), (["--user", "nobody", "--seller", ""], []),
            ]
            for (words, offered) in expected {
                #expect(try completions(of: words, program: "chat-tui") == offered, "\(words)")
            }
        }

        @Test(arguments: ["chat-tui", "chat-server"]) func itSaysItsVersion(program: String) throws {
            let said = try Programs.run([Programs.built(program), "--version"], environment: home.environment)
            let line = said.wholeMatch(of: /(.+) \d+\.\d+\.\d+, protocols 1 and 2(, commit [0-9a-f]+)?\n/)
            #expect(line?.1 == program[...])
        }

        @Test(arguments: ["chat-tui", "chat-server"]) func thereIsAScriptForEachShell(program: String) throws {
            for shell in ["bash", "zsh", "fish"] {
                let script = try Programs.run(
                    [Programs.built(program), "--generate-completion-script", shell], environment: home.environment)
                #expect(script.contains(program) && script.count > 2000)
            }
        }
    }
}
