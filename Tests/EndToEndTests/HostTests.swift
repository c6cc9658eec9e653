import Foundation
import Testing

extension EndToEnd {
    /// The state that the programs find when they start: closed descriptors, odd arguments and variables, and paths to
    /// what belongs to somebody else.
    @Suite struct HostTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        /// Runs a shell command in which `chat-tui` and `chat-server` are the built programs.
        private func run(
            _ line: String, _ changes: [String: String?] = [:], within limit: Duration = .seconds(20)
        ) async throws -> (code: Int, said: String) {
            var environment = home.environment
            for (name, value) in changes { environment[name] = value }
            let name = "sh-\(UUID().uuidString.prefix(8))"
            let output = try home.appending(to: name)
            let folder = (try Programs.built("chat-tui") as NSString).deletingLastPathComponent
            let command = ["/bin/sh", "-c", "PATH=\(folder):$PATH; \(line)"]
            let process = try ChildProcess(
                command, environment: environment, output: output.fileDescriptor, errors: output.fileDescriptor)
            defer {
                process.send(SIGKILL)
                process.waitUntilExit()
            }
            let code = try await wait(for: "the end", within: limit, state: { try home.read(name) }) {
                process.exitCode
            }
            return (code, try home.read(name))
        }

        private func mode(_ path: String) -> Int? {
            (try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int
        }

        /// If output cannot be written, the exit code is 74, and nothing reaches a file or the server.
        @Test func closedOutput() async throws {
            let server = try await ServerProcess.start(home: home)
            let url = "--url \(server.url)"
            #expect(try await run("chat-tui send --user alice --to bob \(url) тайна").code == 0)
            for (command, closing) in [
                ("chat-tui tail --user bob --since 0 \(url)", ">&-"),
                ("chat-tui tail --user bob --since 0 \(url)", ">/dev/full"),
                ("chat-tui export --user bob --with alice \(url)", ">&-"), ("chat-tui config", ">&-"),
                ("chat-tui send --user bob --to alice \(url) x", ">&-"), ("chat-tui --help", ">&-"),
                ("chat-tui --plain --user bob --seller alice \(url)", ">&-"), ("chat-server --help", ">&-"),
            ] {
                #expect(try await run("\(command) \(closing)").code == 74, "\(command) \(closing)")
            }
            let unsent = try await run("chat-tui send --user bob --to alice \(url) x >&-")
            #expect(unsent.said.contains("chat-tui: не отправлено: "), "\(unsent.said)")
            let log = (try? home.read("state/chat-tui/chat-tui.log")) ?? ""
            #expect(!log.contains("тайна"))
            let marks = try server.get("/messages?userId=alice&otherUserId=bob&limit=10")
            #expect(!marks.contains("\"delivered\""), "\(marks)")
            #expect(marks.ranges(of: "message_text").count == 1)
        }

        @Test func closedInputAndErrors() async throws {
            let server = try await ServerProcess.start(home: home)
            let url = "--url \(server.url)"
            for input in ["<&-", "</"] {
                let why = input == "</" ? "это папка" : "он закрыт"
                for command in ["send --user a --to b \(url) -", "--plain --user a --seller b \(url)"] {
                    let outcome = try await run("chat-tui \(command) \(input)")
                    #expect(
                        outcome.code == 74 && outcome.said.contains("не удалось прочитать стандартный ввод: \(why)"))
                }
            }
            #expect(try await run("chat-tui config >/dev/full").said.contains("вывод: нет места на диске"))
            #expect(
                try await run("chat-tui send --user a --to b \(url) --log-file \(home.file("log")) x 2>&-").code == 0)
        }

        @Test func argumentsAndVariables() async throws {
            let send = "chat-tui send --url ws://127.0.0.1:1"
            for line in [
                "\(send) --user \"$(printf 'a\\377b')\" --to bob x", "\(send) --user a --to ' ' x",
                "CHAT_TUI_APIKEY=\"$(printf '\\377')\" \(send) --user a --to b x",
                "\(send) --user a --to b --data-dir '' x",
                "\(send) --user a --to b --data-dir '~anna/x' x", "chat-server --store \"sqlite:$(printf '\\377')\"",
                "chat-server token --user ' '", "chat-server --unix '~anna/x'",
            ] {
                let outcome = try await run(line)
                #expect(outcome.code == 64, "\(line): \(outcome.said)")
            }
            let kept = try await run("chat-tui config --init --config '~/own.toml' && ls ~/own.toml")
            #expect(kept.code == 0, "\(kept.said)")
        }

        @Test(arguments: [nil, "", "relative", "/dev/null"] as [String?]) func withoutAHome(_ value: String?)
            async throws
        {
            let changes: [String: String?] = [
                "HOME": value, "XDG_DATA_HOME": nil, "XDG_STATE_HOME": nil, "XDG_CONFIG_HOME": nil,
                "XDG_RUNTIME_DIR": nil,
            ]
            let server = try await ServerProcess.start(home: home)
            mkdir(home.file("d"), 0o700)
            let named = "chat-tui send --user a --to b --url \(server.url) --data-dir \(home.file("d"))"
            let given = try await run("\(named) --log-file \(home.file("l")) x", changes)
            #expect(given.code == 0, "\(given.said)")
            let missing = try await run("chat-tui send --user a --to b x", changes)
            #expect(missing.code == 64 && missing.said.contains("HOME"), "\(missing.said)")
            #expect(try await run("chat-server --port 0", changes).code == 64)
        }

        /// Another user may have made the socket's folder and listen there.
        @Test func strangersSocket() async throws {
            let (runtime, long) = (home.file("run"), home.file(String(repeating: "x", count: 100)))
            mkdir(runtime + "/chat-tui", 0o700)
            chmod(runtime + "/chat-tui", 0o777)
            let send = "chat-tui send --user a --to b --timeout 10 x"
            let open = try await run(send, within: .seconds(4))
            #expect(open.code == 69 && open.said.contains("не только вам"), "\(open.said)")
            #expect(mode(runtime + "/chat-tui") == 0o777)
            mkdir(long, 0o700)
            let tooLong = try await run(send, ["XDG_RUNTIME_DIR": long], within: .seconds(4))
            #expect(tooLong.code == 69 && tooLong.said.contains("длиннее"), "\(tooLong.said)")
        }

        /// Runs as a user who owns neither the folder nor the files. It does nothing unless the tests run as the
        /// superuser.
        @Test func asAnotherUser() async throws {
            guard geteuid() == 0 else { return }
            chmod(home.path, 0o755)
            let other = "setpriv --reuid 54321 --regid 54321 --clear-groups"
            let setUp = """
                cd \(home.path); umask 022; mkdir things things/folder theirs; cd things; echo precious >file
                mkdir -m 777 open; echo precious >open/file; chmod 666 open/file; ln -s file link; chown 54321:54321 ../theirs
                """
            let list =
                "cd \(home.path); stat -c '%n %a %u %g %F' things things/* things/open/*; cat things/file things/open/*"
            let before = try await run("\(setUp)\n\(list)").said
            #expect(before.contains("precious"))
            for option in [
                "chat-tui --plain --user a --seller b --url ws://127.0.0.1:1 --data-dir PATH --log-file /dev/null",
                "chat-tui send --user a --to b --timeout 1 --url ws://127.0.0.1:1 --log-file PATH x",
                "chat-tui config --init --config PATH", "chat-server --no-unix --port 0 --store sqlite:PATH",
                "chat-server --port none --store memory: --unix PATH", "chat-server user ban a --store sqlite:PATH",
                "chat-server backup PATH --store sqlite:PATH", "chat-server restore PATH --store sqlite:PATH",
            ] {
                for thing in ["file", "folder", "link", "open/file", "open"] {
                    let line = option.replacing("PATH", with: home.file("things/\(thing)"))
                    _ = try await run(
                        "\(other) env HOME=\(home.file("theirs")) XDG_DATA_HOME= XDG_STATE_HOME= timeout -s KILL 1 \(line) "
                            + ">/dev/null 2>&1 </dev/null; :")
                    #expect(try await run(list).said == before, "\(line)")
                }
            }
        }

        /// The folder is this user's, but the process that listens there is not. It is sent nothing.
        @Test func strangersProcess() async throws {
            guard geteuid() == 0 else { return }
            chmod(home.path, 0o755)
            let theirs = home.file("theirs")
            let outcome = try await run(
                """
                mkdir -m 700 \(theirs) \(home.file("run/chat-tui")); chown 54321:54321 \(theirs)
                setpriv --reuid 54321 --regid 54321 --clear-groups env HOME=\(theirs) XDG_STATE_HOME= \
                    chat-server --port none --unix \(theirs)/s --store memory: --log-level debug >\(home.file("log")) 2>&1 &
                until [ -S \(theirs)/s ]; do sleep 0.05; done; until grep -q listening \(home.file("log")); do sleep 0.05; done
                mv \(theirs)/s \(home.file("run/chat-tui/server.sock"))
                chat-tui send --user a --to b --token SECRET --timeout 10 x; code=$?; kill $!; exit $code
                """)
            #expect(outcome.code == 69 && outcome.said.contains("чужая программа"), "\(outcome.said)")
            let log = try home.read("log")
            #expect(!log.contains("SECRET") && !log.contains("user=a"), "\(log)")
        }

        /// An operator's arguments follow the same rules.
        @Test func operatorsArguments() async throws {
            for line in [
                "chat-server user ban ' '", "chat-server user delete \"$(printf 'a\\377')\"",
                "chat-server backup '~anna/x'",
                "chat-server restore ''",
            ] {
                let outcome = try await run(line)
                #expect(outcome.code == 64, "\(line): \(outcome.said)")
            }
            let server = try await ServerProcess.start(home: home)
            let store = "--store sqlite:\(home.file("chat.sqlite"))"
            #expect(try await run("chat-tui send --user alice --to bob --url \(server.url) x").code == 0)
            let copy = try await run("chat-server backup '~/copy' \(store) && ls ~/copy")
            #expect(copy.code == 0, "\(copy.said)")
            for line in ["chat-server user export alice", "chat-server user delete alice"] {
                #expect(try await run("\(line) \(store) >&-").code == 74, "\(line)")
            }
            #expect(try server.get("/messages?userId=alice&otherUserId=bob").contains("\"x\""), "nothing was deleted")
        }

        /// Every option that takes a path, given paths that are not ours.
        @Test(arguments: [
            "chat-tui --plain --user a --seller b --url ws://127.0.0.1:1 --data-dir PATH",
            "chat-tui --plain --user a --seller b --url ws://127.0.0.1:1 --log-file PATH",
            "chat-tui send --user a --to b --url ws://127.0.0.1:1 --token-file PATH x",
            "chat-tui send --user a --to b --url wss://127.0.0.1:1 --ca-file PATH x",
            "chat-tui export --user a --with b --data-dir PATH", "chat-tui config --config PATH",
            "chat-tui config --init --config PATH", "XDG_DATA_HOME=PATH chat-tui export --user a --with b",
            "chat-server --no-unix --port 0 --store sqlite:PATH", "chat-server --port none --unix PATH --store memory:",
            "chat-server --no-unix --port 0 --store memory: --tls-cert PATH --tls-key PATH",
            "chat-server --no-unix --port 0 --store memory: --auth jwt --jwt-secret-file PATH",
            "chat-server --no-unix --port 0 --store memory: --log-level-file PATH",
            "chat-server backup PATH --store sqlite:/proc/nowhere/chat.sqlite",
            "chat-server restore PATH --store sqlite:/proc/nowhere/chat.sqlite",
            "chat-server user ban a --store sqlite:PATH", "chat-server backup /proc/nowhere/x --store sqlite:PATH",
        ]) func pathsOfOthers(_ line: String) async throws {
            for thing in ["file", "folder", "link", "dangling", "secret/anothers", "device"] {
                let setUp = """
                    cd \(home.path); rm -rf things; mkdir -m 700 things; cd things; umask 022; mkdir secret folder
                    echo precious >file; echo precious >target; ln -s target link; ln -s nowhere dangling
                    echo precious >secret/anothers; chown 54321:54321 secret/anothers 2>/dev/null
                    mknod device c 1 7 2>/dev/null || ln -s nowhere device
                    """
                let list =
                    "cd \(home.path)/things; stat -c '%n %a %u %g %F' file folder link target dangling secret/* device; cat file target secret/*; ls"
                let before = try await run("\(setUp)\n\(list)").said
                let path = home.file("things/\(thing)")
                _ = try await run(
                    "timeout -s KILL 1 sh -c '\(line.replacing("PATH", with: path))' >/dev/null 2>&1 </dev/null; :")
                #expect(try await run(list).said == before, "\(thing)")
            }
        }
    }
}
