import Foundation
import Testing

extension EndToEnd {
    /// What one client may cost the server and the other clients.
    @Suite struct PressureTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        private func serverProcess() throws -> pid_t {
            try #require(ProcessTable.ids(of: "chat-server", with: home.path).first)
        }

        /// The peak memory since the start or since `clear_refs`, in MiB.
        private func mostMemory(of process: pid_t) throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
            return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) }) / 1024
        }

        /// The process's resident memory in MiB (proc(5), statm counts pages).
        private func memory(of process: pid_t) throws -> Int {
            let fields = try String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8).split(separator: " ")
            let pages = try #require(fields.count > 1 ? Int(fields[1]) : nil)
            return (pages * sysconf(Int32(_SC_PAGESIZE))) >> 20
        }

        /// A client that does not read is sent 20 MB. The server holds only what its limit allows, and the others get
        /// their messages at once.
        @Test func aSlowReaderCostsNobodyAnything() async throws {
            let server = try await ServerProcess.start(home: home, options: ["--message-rate", "0"])
            let process = try serverProcess()
            let writer = try RawClient(port: server.port, user: "writer")
            let reader = try RawClient(port: server.port, user: "reader")
            let slow = try RawClient(port: server.port, user: "slow", receiveBuffer: 4096)
            let before = try memory(of: process)

            let text = String(repeating: "👍🏽", count: 500)  // 4,000 bytes
            var worst: Duration = .zero
            var most = 0
            for round in 0..<100 {
                for _ in 0..<50 { writer.send(text, from: "writer", to: "slow") }
                let start = ContinuousClock.now
                writer.send("\(round)", from: "writer", to: "reader")
                #expect(try reader.nextText().contains(#""message_text":"\#(round)""#))
                worst = max(worst, .now - start)
                for _ in 0...50 { #expect(try writer.nextText().contains("message_sent")) }
                most = max(most, try memory(of: process))
            }
            print("slow reader: \(most - before) MiB more, worst delivery to another \(worst)")
            // SQLite caches what it wrote, up to 64 MiB, and so all of this.
            #expect(most - before < 34)
            #expect(worst < .seconds(2))
            try await wait(for: "the end of the slow one", within: .seconds(15)) {
                try home.read("server.log").contains("Пользователь отключен: slow") ? true : nil
            }
            #expect(try server.get("/metrics").contains(#"chat_server_limits_hit_total{limit="outbound_bytes"} 1"#))
            var received = 0
            var last: RawClient.Frame?
            while let frame = slow.next(within: 2000) {
                received += 1
                last = frame
            }
            // If the Close frame could not be sent, the connection was reset.
            if case .close(let code) = last { #expect(code == 4002) }
            #expect(received < 4000)
        }

        /// A client that does not authenticate is disconnected, whatever else it sends.
        @Test func aConnectionOfNobodyEnds() async throws {
            let server = try await ServerProcess.start(home: home)
            let nobody = try RawClient(port: server.port, user: nil)
            let somebody = try RawClient(port: server.port, user: "alice")
            let start = ContinuousClock.now
            nobody.send(#"{"type":"typing","receiverId":"alice"}"#)
            #expect(try nobody.nextText().contains("not_authorized"))
            guard case .text(let last) = nobody.next(within: 15_000) else { throw RawClient.Unexpected(frame: nil) }
            #expect(try JSONLine(last)["code"] as? String == "not_authorized")
            #expect(nobody.next() == .close(code: 4008))
            #expect((9...14).contains((ContinuousClock.now - start).components.seconds))
            #expect(somebody.next(within: 1000) == nil)
            somebody.send("{}")
            #expect(try somebody.nextText().contains("invalid_event"))
        }

        /// Closes the descriptors that the tests have open.
        private static let alone =
            #"for file in /proc/self/fd/*; do n=${file##*/}; (( n > 2 )) && eval "exec $n>&-"; done; "#

        private func server(files: Int) async throws -> (process: ChildProcess, port: Int) {
            let output = try OutputPipe()
            let log = try home.appending(to: "server.log")
            let port = try LoopbackSocket.freePort()
            let server = try ChildProcess(
                [
                    Programs.installed("bash"), "-c", Self.alone + #"ulimit -n \#(files) && exec "$0" "$@""#,
                    Programs.built("chat-server"), "--port", "\(port)", "--no-unix", "--store",
                    "sqlite:" + home.file("chat.sqlite"),
                ], environment: home.environment, output: output.writeEnd, errors: log.fileDescriptor)
            try await wait(for: "the server to listen", state: { try home.read("server.log") }) {
                try? HTTP.get("/status", port: port)
            }
            return (server, port)
        }

        /// With more sockets than descriptors, the server still uses its database, and reports the problem once.
        @Test func keepsFilesForTheDatabase() async throws {
            let files = 64 + 3 * ProcessInfo.processInfo.processorCount
            let (server, port) = try await server(files: files)
            defer {
                server.send(SIGKILL)
                server.waitUntilExit()
            }
            let alice = try RawClient(port: port, user: "alice")
            let notice = "Connections are refused: more would leave too few"
            var many: [LoopbackSocket] = try (0..<files + 16).map { _ in try LoopbackSocket.connected(to: port) }
            try await wait(for: "the notice", state: { try home.read("server.log") }) {
                try home.read("server.log").contains(notice) ? true : nil
            }
            #expect(try home.read("server.log").contains("may have \(files) files and connections open"))
            for number in 0..<5 {
                alice.send("\(number)", from: "alice", to: "bob")
                #expect(try alice.nextText().contains("message_sent"))
            }
            let log = try home.read("server.log")
            #expect(log.ranges(of: notice).count == 1)
            #expect(!log.contains("Ошибка сохранения") && !log.contains(" error "), "\(log)")
            many = []
            try await wait(for: "room for others") { try? RawClient(port: port, user: "late") }
            let page = try HTTP.get("/metrics", port: port)
            #expect(page.contains("process_max_fds \(files)"))
            #expect(page.contains("chat_server_sockets_refused_total{limit=\"sockets\"}"))
            #expect(!page.contains("chat_server_sockets_refused_total{limit=\"sockets\"} 0"))
            withExtendedLifetime(many) {}
        }

        /// With too few descriptors the server says how many it needs, and with that many it works.
        @Test func saysHowManyFilesItNeeds() async throws {
            func refusal(files: Int) async throws -> (code: Int, needed: Int?) {
                let log = try home.appending(to: "refused.\(files)")
                let process = try ChildProcess(
                    [
                        Programs.installed("bash"), "-c", Self.alone + #"ulimit -n \#(files) && exec "$0" "$@""#,
                        Programs.built("chat-server"), "--port", "0", "--no-unix", "--store",
                        "sqlite:" + home.file("chat.sqlite"),
                    ], environment: home.environment, output: log.fileDescriptor, errors: log.fileDescriptor)
                let code = try await wait(for: "the end", state: { try home.read("refused.\(files)") }) {
                    process.exitCode
                }
                let text = try home.read("refused.\(files)")
                #expect(text.split(separator: "\n").count == 1, "\(text)")
                return (code, text.split(separator: " ").compactMap { Int($0) }.last)
            }
            let first = try await refusal(files: 22)
            let needed = try #require(first.needed)
            // The runtime may have a few descriptors open for a moment.
            for files in [18, 26, 30, 40, needed - 4] {
                let again = try await refusal(files: files)
                #expect(again.code == 71 && (needed - 3...needed + 3).contains(again.needed ?? 0))
            }
            let (server, port) = try await server(files: needed + 3)
            defer {
                server.send(SIGKILL)
                server.waitUntilExit()
            }
            var many: [LoopbackSocket] = try (0..<60).map { _ in try LoopbackSocket.connected(to: port) }
            many.removeAll()
            for _ in 0..<3 {
                let alice = try await wait(for: "room") { try? RawClient(port: port, user: "alice") }
                alice.send("x", from: "alice", to: "bob")
                #expect(try alice.nextText().contains("message_sent"))
            }
            #expect(try !home.read("server.log").contains(" error "))
        }

        /// Nobody reads the log: the server goes on, says later how much was lost, and ends when told to.
        @Test func aLogThatNobodyReadsStopsNothing() async throws {
            var ends: [CInt] = [0, 0]
            try #require(pipe(&ends) == 0)
            let port = try LoopbackSocket.freePort()
            let server = try ChildProcess(
                [
                    Programs.built("chat-server"), "--port", "\(port)", "--no-unix", "--store", "memory:",
                    "--log-level",
                    "debug",
                ], environment: home.environment, output: ends[1], errors: ends[1])
            defer {
                server.send(SIGKILL)
                server.waitUntilExit()
                close(ends[0])
            }
            close(ends[1])
            try await wait(for: "the server to listen") { try? HTTP.get("/status", port: port) }
            let client = try RawClient(port: port, user: "alice")
            for _ in 0..<30_000 { client.send("{}") }
            for _ in 0..<30_000 { guard try client.nextText().contains("invalid_event") else { break } }
            let page = try HTTP.get("/metrics", port: port)
            #expect(!page.contains("chat_server_log_lines_dropped_total 0\n"))
            let start = ContinuousClock.now
            server.send(SIGTERM)
            server.waitUntilExit()
            #expect(ContinuousClock.now - start < .seconds(9))
        }

        /// Many clients do not read their history. The server holds only what its limit allows.
        @Test func answersThatNobodyReadsAreBounded() async throws {
            let server = try await ServerProcess.start(
                home: home, options: ["--message-rate", "0", "--answer-bytes", "33554432", "--queue-time", "3"])
            let writer = try RawClient(port: server.port, user: "writer")
            let text = String(repeating: "👍🏽", count: 500)  // 4,000 bytes
            for _ in 0..<1000 { writer.send(text, from: "writer", to: "slow") }
            for _ in 0..<1000 { #expect(try writer.nextText().contains("message_sent")) }
            let process = try serverProcess()
            let before = try memory(of: process)
            // From now on the system records the peak (proc(5), clear_refs).
            try "5".write(toFile: "/proc/\(process)/clear_refs", atomically: false, encoding: .ascii)
            let request = "GET /messages?userId=slow&otherUserId=writer HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            var readers: [LoopbackSocket] = []
            for _ in 0..<190 {
                readers.append(try LoopbackSocket.connected(to: server.port, receiveBuffer: 4096))
                readers.last?.write(Array(request.utf8))
            }
            try await wait(for: "some to be refused", within: .seconds(60)) {
                // Making so many answers keeps a small machine busy for a while.
                let page = try? server.get("/metrics")
                return page?.contains(#"http_answers_total{status="503"}"#) == true ? true : nil
            }
            let grown = try mostMemory(of: process) - before
            print("190 who do not read: \(grown) MiB more")
            #expect(8..<600 ~= grown)
            try await wait(for: "the cut", within: .seconds(120)) {
                (try? server.get("/metrics"))?.contains("chat_server_outbound_bytes 0\n") == true ? true : nil
            }
            withExtendedLifetime(readers) {}
        }
    }
}
