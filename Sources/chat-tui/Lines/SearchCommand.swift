import ArgumentParser
import ChatClient
import ChatUI
import ChatWire
import LocalStore
import TextSearch

/// `chat-tui search`: prints the stored messages of all conversations that have the given words, the newest first.
struct SearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: Texts.ofArguments.abstract(of: .search),
        usage: Texts.ofArguments.usage(of: .search),
        discussion: Texts.ofArguments.discussion(of: .search))

    @Flag(help: .of(.json))
    var json = false

    @Option(help: .of(.limit))
    var limit: Int?

    @Argument(help: .of(.words))
    var words: [String] = []

    @OptionGroup var connection: ConnectionOptions
    @ParentCommand var screen: ChatTUICommand

    func run() throws {
        let texts = Texts(try connection.language())
        try texts.reportingFailures {
            try screen.refuseFlags(of: "search", allowingProduct: false, texts)
            let settings = try connection.settings(texts)
            let texts = texts.naming(settings.label)
            guard let query = WordQuery(words.joined(separator: " ")) else {
                throw UsageFailure(sentence: texts.wordsMissing)
            }
            if let limit, limit < 1 { throw UsageFailure(sentence: texts.badLimit) }
            try LineOutput.check(texts)
            let history = try LocalHistory.open(settings, texts, ifMissing: texts.noHistory(settings))
            let line = MessageLine(user: settings.user, language: texts.language, utcOffset: LocalTime.utcOffset)
            let count = try search(query, in: history, texts) { found in
                json ? MessageRecord(found.stored).line : line.text(of: found.message)
            }
            let (incomplete, knowsAll): (Int, Bool)
            do throws(StoreFailure) {
                incomplete = try history.incompleteConversations()
                knowsAll = try history.knowsAllConversations()
            } catch {
                throw CommandFailure(sentence: texts.historyUnreadable(error), code: CommandFailure.Code.output)
            }
            if incomplete > 0 { texts.complain(texts.searchedInPart(incomplete)) }
            if !knowsAll { texts.complain(texts.conversationsMayBeMissing) }
            if count == 0 { throw CommandFailure(code: CommandFailure.Code.nothingFound) }
        }
    }

    /// - Returns: the number of messages that were printed.
    private func search(
        _ query: WordQuery, in history: LocalHistory, _ texts: Texts, _ line: (FoundMessage) -> String
    ) throws(CommandFailure) -> Int {
        var output = LineOutput(capacity: 64 << 10)
        let found: [FoundMessage]
        do throws(StoreFailure) {
            found = try history.find(query, limit: limit ?? .max)
        } catch {
            throw CommandFailure(sentence: texts.historyUnreadable(error), code: CommandFailure.Code.output)
        }
        do throws(LineOutput.Failure) {
            for message in found { try output.write(line(message)) }
            try output.flush()
        } catch {
            throw error.commandFailure(texts)
        }
        return found.count
    }
}

extension FoundMessage {
    fileprivate var stored: StoredMessage {
        StoredMessage(message: message, cursor: message.cursor, product: product)
    }
}
