import ArgumentParser
import ChatClient
import ChatUI
import ChatWire
import Foundation
import LocalStore

/// `chat-tui export`: prints the stored messages of a conversation.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: Texts.ofArguments.abstract(of: .export),
        usage: Texts.ofArguments.usage(of: .export),
        discussion: Texts.ofArguments.discussion(of: .export))

    @Option(help: .of(.with), completion: KnownValues.peers)
    var with: String?

    @Flag(help: .of(.json))
    var json = false

    @OptionGroup var connection: ConnectionOptions
    @ParentCommand var screen: ChatTUICommand

    /// The number of messages in memory at a time.
    private static let pageSize = 500

    func run() throws {
        let texts = Texts(try connection.language())
        try texts.reportingFailures {
            try screen.refuseFlags(of: "export", allowingProduct: false, texts)
            let settings = try connection.settings(texts)
            let texts = texts.naming(settings.label)
            guard let with else { throw UsageFailure(sentence: texts.peerMissing) }
            let peer = try settings.peer(with, of: "--with", texts)
            try LineOutput.check(texts)
            let missing = texts.nothingStored(settings, with: peer)
            let history = try LocalHistory.open(settings, texts, ifMissing: missing)
            let line = MessageLine(user: settings.user, language: texts.language, utcOffset: LocalTime.utcOffset)
            var lines = ConversationLines(line, language: texts.language)
            let count = try export(from: history, peer, texts) { stored in
                json ? [MessageRecord(stored).line] : lines.lines(of: stored.message, about: stored.product)
            }
            let isIncomplete: Bool
            do throws(StoreFailure) {
                isIncomplete = try history.isIncomplete(peer)
            } catch {
                throw CommandFailure(sentence: texts.historyUnreadable(error), code: CommandFailure.Code.output)
            }
            if isIncomplete { texts.complain(texts.exportedInPart) }
            if count == 0 { throw CommandFailure(sentence: missing, code: CommandFailure.Code.noInput) }
        }
    }

    /// - Returns: the number of exported messages.
    private func export(
        from history: LocalHistory, _ peer: UserID, _ texts: Texts, _ lines: (StoredMessage) -> [String]
    ) throws(CommandFailure) -> Int {
        var output = LineOutput(capacity: 64 << 10)
        var (last, count): (MessageID?, Int) = (nil, 0)
        while true {
            let run: StoredRun
            do throws(StoreFailure) {
                run = try history.run(of: peer, after: last, limit: Self.pageSize)
            } catch {
                throw CommandFailure(sentence: texts.historyUnreadable(error), code: CommandFailure.Code.output)
            }
            do throws(LineOutput.Failure) {
                for line in run.messages.flatMap(lines) { try output.write(line) }
                if !run.hasNewer { try output.flush() }
            } catch {
                throw error.commandFailure(texts)
            }
            count += run.messages.count
            guard run.hasNewer, let newest = run.messages.last else { return count }
            last = newest.message.id
        }
    }
}
