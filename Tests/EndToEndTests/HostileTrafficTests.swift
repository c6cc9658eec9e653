import Foundation
import Testing

extension EndToEnd {
    /// Random bytes and random JSON for a server that people are using. `HOSTILE_SECONDS` makes it longer, and
    /// `HOSTILE_SEED` repeats a run.
    @Suite struct HostileTrafficTests {
        let home: Home

        init() throws {
            home = try Home()
        }

        @Test func serverLivesThroughGarbage() async throws {
            let environment = ProcessInfo.processInfo.environment
            let seconds = environment["HOSTILE_SECONDS"].flatMap { Int($0) } ?? 3
            let seed = environment["HOSTILE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...999_999)
            print("hostile traffic for \(seconds) s, seed \(seed)")
            var garbage = Garbage(seed: seed)

            let server = try await ServerProcess.start(home: home)
            let alice = try await TmuxTerminal.chat(.alice, with: .bob, at: server.url, home: home)
            let bob = try await TmuxTerminal.chat(.bob, with: .alice, at: server.url, home: home)
            let end = ContinuousClock.now + .seconds(seconds)
            var connections = 0
            while ContinuousClock.now < end {
                let socket = try LoopbackSocket.connected(to: server.port)
                for bytes in garbage.connection() where socket.write(bytes) {
                    _ = socket.read(within: 1)
                }
                connections += 1
            }
            #expect(connections > 10)
            #expect(try server.get("/status").contains(#""status":"running""#), "seed \(seed)")
            try await alice.send("мы ещё здесь")
            try await bob.wait(forText: "мы ещё здесь")
            #expect(try await server.terminate() == 0, "seed \(seed)")
        }

        /// Each of these crashed the program once: Foundation's decoder reads past the last byte.
        @Test func livesThroughBracketsWithoutAnEnd() async throws {
            let server = try await ServerProcess.start(home: home)
            for text in [String(repeating: "[", count: 513), String(repeating: #"{"a":"#, count: 512) + "{"] {
                let client = try RawClient(port: server.port, user: "alice")
                client.send(text)
                client.send(#"{"type":"is_blocked","userId":"bob"}"#)
                #expect(try server.get("/status").contains(#""status":"running""#))
            }
            #expect(try await server.terminate() == 0)
        }

        /// A frame whose length has eight bytes is refused at its header.
        @Test func tellsWhatIsTooBig() async throws {
            let server = try await ServerProcess.start(home: home)
            let client = try RawClient(port: server.port, user: "alice")
            client.send(String(repeating: "x", count: 70_000))
            #expect(client.next() == .close(code: 1009))
        }
    }
}

/// Makes input that a server does not expect.
private struct Garbage {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// The writes of one connection: no HTTP at all, no frames, or frames with arbitrary content.
    mutating func connection() -> [[UInt8]] {
        let handshake = Array(
            """
            GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n
            """.utf8)
        switch below(4) {
        case 0: return repeated { $0.bytes(upTo: 2000) }
        case 1: return [Array("GET /".utf8) + bytes(upTo: 60) + Array(" HTTP/1.1\r\n".utf8) + bytes(upTo: 200)]
        case 2: return [handshake] + repeated { $0.bytes(upTo: 300) }
        default: return [handshake] + repeated { $0.frame(Array($0.json(depth: 0).utf8)) }
        }
    }

    private mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(limit))
    }

    private mutating func bytes(upTo limit: Int) -> [UInt8] {
        (0..<below(limit)).map { _ in UInt8(below(256)) }
    }

    private mutating func repeated(_ make: (inout Garbage) -> [UInt8]) -> [[UInt8]] {
        (0...below(10)).map { _ in make(&self) }
    }

    /// A masked text frame, or sometimes another kind.
    private mutating func frame(_ payload: [UInt8]) -> [UInt8] {
        let opcode = UInt8(below(5) == 0 ? below(16) : 1)
        return RawClient.frame(0x80 | opcode, payload)
    }

    private mutating func json(depth: Int) -> String {
        let words = ["auth", "message", "alice", "bob", "", "\\u0000", "\\ud800", "\u{202E}", "\\u001b[2J", "я"]
        let names = ["type", "userId", "senderId", "receiverId", "messageText", "protocol", "clientMessageId", "token"]
        switch below(depth < 4 ? 8 : 4) {
        case 0: return "\"\(words[below(words.count)])\""
        case 1: return ["null", "true", "-1", "1e999", "{", "]"][below(6)]
        case 2: return "\"" + String(repeating: words[below(words.count)], count: below(300)) + "\""
        case 3: return String(repeating: "[", count: below(5000))
        case 4: return "[" + (0..<below(4)).map { _ in json(depth: depth + 1) }.joined(separator: ",") + "]"
        default:
            let fields = (0..<below(6)).map { _ in "\"\(names[below(names.count)])\":\(json(depth: depth + 1))" }
            return "{" + fields.joined(separator: ",") + "}"
        }
    }
}
