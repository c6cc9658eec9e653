import ChatClient
import ChatWire
import ConfigFile
import Foundation
import HostSystem
import Logging
import Synchronization
import Testing

@testable import ChatServer
@testable import ChatUI
@testable import ServerRuntime
@testable import Terminal
@testable import chat_server
@testable import chat_tui

/// Each text of the corpus, through each way out that takes one.
@Suite("Hostile text: titles, notifications, logs, files, programs", .serialized)
struct TextSinkTests {
    @Test func theCorpusIsThere() {
        #expect(Corpus.texts.count > 90 && Corpus.json.count > 10)
        #expect(Corpus.texts.contains { !$0.whole.harm().isEmpty })
    }

    @Test(arguments: Corpus.texts) func shown(_ text: Corpus.Text) {
        let hostile = UntrustedText(text.whole)
        #expect(hostile.displayed().harm() == [])
        #expect(hostile.displayed(lineBreaks: .kept).harm(allowing: ["\n"]) == [])
        #expect("\(hostile)".harm() == [] && String(reflecting: hostile).harm() == [])
        #expect(hostile.label().harm() == [])
        #expect(hostile.label().unicodeScalars.count <= 200)
    }

    @Test(arguments: Corpus.texts) func windowTitle(_ text: Corpus.Text) {
        let bytes = TerminalModes.title(text.whole)
        let content = String(decoding: bytes.dropFirst(4).dropLast(), as: UTF8.self)
        #expect(bytes.starts(with: Array("\u{1B}]2;".utf8)) && bytes.last == 7)
        #expect(content.harm() == [])
        #expect(content.unicodeScalars.allSatisfy { !$0.properties.isDefaultIgnorableCodePoint })
    }

    /// The settings file may be somebody else's, and so may its name.
    @Test(arguments: Corpus.texts) func mistakesInSettings(_ text: Corpus.Text) {
        let quoted = text.whole.unicodeScalars.map { "\\U" + String(1 << 32 | UInt64($0.value), radix: 16).dropFirst() }
            .joined()
        let lines = ["\"\(quoted)\" = 1", "theme", "url", "colors.red", "keys.help", "keys.\"\(quoted)\""].map {
            $0.hasSuffix("1") ? $0 : "\($0) = \"\(quoted)\""
        }
        let (_, problems) = Configuration.read(lines.joined(separator: "\n"), folder: "/", home: nil)
        #expect(!problems.isEmpty)
        for texts in [Texts(.russian), Texts(.english)] {
            #expect(texts.problems(problems, in: text.whole).allSatisfy { $0.harm() == [] })
        }
    }

    @Test(arguments: Corpus.texts, ["xterm-256color", "rxvt-unicode"])
    func notification(_ text: Corpus.Text, terminal: String) {
        let bytes = DesktopSequence.notification(title: text.whole, body: text.whole, terminal: terminal)
        let content = String(decoding: bytes.dropFirst(2).dropLast(), as: UTF8.self)
        #expect(bytes.starts(with: Array("\u{1B}]".utf8)) && bytes.last == 7)
        #expect(content.harm() == [])
        #expect(content.unicodeScalars.count { $0 == ";" } == (terminal.hasPrefix("rxvt") ? 3 : 1))
    }

    /// The clipboard gets the original text, encoded in letters that mean nothing to a terminal.
    @Test(arguments: Corpus.texts) func clipboard(_ text: Corpus.Text) throws {
        let bytes = DesktopSequence.clipboard(text.whole)
        let content = Array(bytes.dropFirst(7).dropLast())
        #expect(bytes.starts(with: Array("\u{1B}]52;c;".utf8)) && bytes.last == 7)
        #expect(Data(base64Encoded: Data(content)) == Data(text.whole.utf8))
    }

    @Test(arguments: Corpus.texts) func logLines(_ text: Corpus.Text) throws {
        let user = UserID(text.whole) ?? UserID("u")!
        let message = Message(
            id: MessageID(text.whole), sender: user, receiver: user, text: UntrustedText(text.whole),
            createdAt: Timestamp(seconds: 0))
        let draft = MessageDraft(
            sender: user, receiver: user, text: message.text, receivedAt: message.createdAt)
        func stored(_ message: Message) -> ChatServer.StoredMessage {
            .init(message: message, senderCursor: 1, receiverCursor: 1)
        }
        let server: [ChatServer.LogLine] = [
            .authorized(user), .received(draft), .stored(stored(message)), .delivered(to: user), .receiverOffline(user),
            .disconnected(user), .ended(.forbidden, code: .wrongUser, reason: text.whole),
            .authenticationUnavailable(text.whole), .badEvent(text.whole), .storageFailed(.failed(text.whole)),
            .databaseFailed(.failed(text.whole)),
        ]
        let client: [ChatClient.LogLine] =
            [
                .received(message), .sent(MessageID(text.whole)), .disconnected(.unreachable(.other(text.whole))),
                .disconnected(.certificate(.unreadable(text.whole))), .disconnected(.notAChatServer(text.whole)),
                .disconnected(.proxy(ProxyProblem(address: text.whole, variable: text.whole, .closed))),
                .refusedByServer(ErrorCode(rawValue: text.whole)),
                .badEvent(text.whole), .storeFailed(.failed(text.whole)),
            ] + Self.ends(naming: text.whole).map(ChatClient.LogLine.disconnected)
        for line in server.map(\.text) + client.map(\.text) {
            #expect(line.harm() == [])
        }
        // Neither contains the text itself.
        let secret = "секретное слово"
        let spoken = Message(
            id: "m", sender: user, receiver: user, text: UntrustedText(secret), createdAt: message.createdAt)
        #expect(!ChatServer.LogLine.stored(stored(spoken)).text.contains(secret))
        #expect(!ChatClient.LogLine.received(spoken).text.contains(secret))
    }

    @Test(arguments: Corpus.texts) func clientLogFile(_ text: Corpus.Text) throws {
        let path = NSTemporaryDirectory() + "hostile-\(UUID().uuidString).log"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try LogFile(path: path)
        var log = Logger(label: "test") { _ in file }
        log[metadataKey: "key"] = "\(text.whole)"
        log.warning("\(text.whole)", metadata: ["other": "\(text.whole)"])
        let written = try String(contentsOfFile: path, encoding: .utf8)
        #expect(written.hasSuffix("\n") && String(written.dropLast()).harm() == [])
    }

    @Test(arguments: Corpus.texts) func serverLog(_ text: Corpus.Text) throws {
        let lines = Mutex<[String]>([])
        for format in LogFormat.allCases {
            var log = Logger(label: "test") { _ in
                LineLogHandler(format, now: { Timestamp(seconds: 0) }) { line in lines.withLock { $0.append(line) } }
            }
            log[metadataKey: "key"] = "\(text.whole)"
            log.warning("\(text.whole)", metadata: ["list": ["\(text.whole)", ["deep": "\(text.whole)"]]])
            log.warning("x", metadata: ["value": .stringConvertible(text.whole), "\(text.whole)": "x"])
            log.warning("x", error: StoreError.failed(text.whole))
            log.warning("x", error: Raw(text: text.whole))
        }
        let written = lines.withLock { $0 }
        #expect(written.count == 8)
        #expect(written.allSatisfy { $0.hasSuffix("\n") && String($0.dropLast()).harm() == [] })
    }

    @Test(arguments: Corpus.texts) func errors(_ text: Corpus.Text) {
        #expect(StoreError.failed(text.whole).description.harm() == [])
        #expect(TerminalError.unknownTerminal(text.whole).description.harm() == [])
        #expect("\(StartFailure.cannotListen(address: text.whole, reason: "x"))".harm() == [])
        for texts in [Texts(.russian), Texts(.english)] {
            let sentences = [
                texts.storeFailed(.failed(text.whole)), texts.historySetAside(text.whole),
                texts.naming(Self.label(text.whole)).storeFailed(.diskFull),
                texts.editorsFileStays(text.whole),
                texts.program(.noEditorFile(FileProblem(path: text.whole, reason: .system(ENOSPC)))),
                texts.tokenFile(text.whole, .empty), texts.refusal(nil, UntrustedText(text.whole)),
                texts.logFile(text.whole, FileProblem(path: text.whole, reason: .link)),
                texts.disk(.folderIsOpen(path: text.whole)),
                texts.misencoded(.variable(text.whole)), texts.address(.unknownScheme(text.whole)),
                SettingsFile(named: text.whole, environment: [:]).map(texts.settingsExist) ?? "",
                texts.waitingForSettings(text.whole),
                texts.unreadableSettings(SettingsFile.Unreadable(path: text.whole, reason: .inaccessible(.missing))),
            ]
            let ends = Self.ends(naming: text.whole).map {
                texts.naming(Self.label(text.whole)).problem($0) ?? ""
            }
            #expect((sentences + ends).allSatisfy { $0.harm() == [] })
        }
    }

    private static func label(_ text: String) -> ServerLabel {
        let place = ServerLabel.Place.file(path: text)
        return ServerLabel(
            address: text, token: .file(path: text), places: .init(user: place, url: place, token: place),
            dataFolder: text)
    }

    /// Ends of a connection that name a file.
    private static func ends(naming path: String) -> [LinkEnd] {
        [
            .notStarted(.ended(log: path)), .token(.forged), .token(.garbage), .refused(status: 502),
            .unreachable(.other(path)),
            .proxy(ProxyProblem(address: path, variable: path, .refused(status: 502))),
            .unusable(.tokenFile(path: path, .empty)), .unusable(.tokenCommand(program: path, .failed)),
            .unusable(.tokenCommand(program: path, .empty)), .unusable(.tokenCommand(program: path, .notAToken)),
            .session(.unavailable(host: path)), .session(.refused(host: path)), .session(.keyRejected(host: path)),
            .session(.file(FileProblem(path: path, reason: .foreign))),
            .unusable(.authorities(.unreadable(path))), .unusable(.authorities(.inaccessible(path, .missing))),
            .unusable(.localSocket(.unsafeFolder(path, path))), .unusable(.localSocket(.strangersProcess(path))),
        ]
    }
}

/// An error whose description is somebody else's text.
private struct Raw: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
}
