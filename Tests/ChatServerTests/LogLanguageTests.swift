import ChatWire
import Foundation
import Testing

@testable import ChatServer

/// No line of the server's log mixes two languages. What a library, the system or a database says is English, and is
/// quoted in a Russian line.
@Suite struct LogLanguageTests {
    /// Names that are the same in each language.
    private static let names: Set<String> = ["WebSocket", "id", "senderId", "receiverId", "length"]

    private func mixes(_ text: String) -> Bool {
        let unquoted = text.replacing(/«[^»]*»/, with: "")
        let words = unquoted.matches(of: /[A-Za-z]{2,}/).map { String($0.output) }
        return unquoted.contains(/[А-Яа-яЁё]/) && !words.allSatisfy(Self.names.contains)
    }

    @Test func noLineMixesLanguages() {
        let (one, two) = (user("1"), user("2"))
        let draft = MessageDraft(sender: one, receiver: two, text: "3", receivedAt: now)
        let stored = StoredMessage(
            message: Message(id: "4", sender: one, receiver: two, text: "3", createdAt: now), senderCursor: 1,
            receiverCursor: nil)
        let lines: [LogLine] = [
            .connected, .authorized(one), .received(draft), .stored(stored), .delivered(to: one),
            .receiverOffline(one), .disconnected(one), .disconnected(nil), .refused(.rateLimited), .flooded(one),
            .flooded(nil), .ended(.forbidden, code: .banned, reason: "the user is banned"),
            .authenticationUnavailable("no route to host"), .badEvent("no type"), .cut(.tooBig),
            .httpRefused(403, method: "GET", path: "/messages"), .storageFailed(.failed("disk I/O error")),
            .storageFailed(.full), .databaseFailed(.locked), .storageUnknown(.failed("cut off")),
        ]
        for line in lines { #expect(!mixes(line.text), "\(line.text)") }
        #expect(mixes("Ошибка: disk full") && !mixes("Ошибка: «disk full»"))
    }

    /// The texts of all modules of the server: what is Russian there is the protocol's or a line of `LogLine`.
    @Test func noOtherTextIsRussian() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")
        var russian: Set<String> = []
        for module in [
            "ChatServer", "ServerRuntime", "chat-server", "SQLiteStore", "SQLiteFiles", "TokenAuth",
            "WebSocketTransport", "RateLimiting",
        ] {
            let files = FileManager.default.enumerator(
                at: sources.appending(path: module), includingPropertiesForKeys: nil)
            for case let file as URL in try #require(files) where file.pathExtension == "swift" {
                let code = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
                    .filter { !$0.contains(/^ *\/\//) }
                if code.contains(where: { $0.contains(/[А-Яа-яЁё]/) }) { russian.insert(file.lastPathComponent) }
            }
        }
        #expect(russian == ["LogLine.swift", "Session+Ending.swift"])
    }
}
