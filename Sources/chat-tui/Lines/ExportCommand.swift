import ArgumentParser
import ChatClient
import ChatUI
import ChatWire
import Foundation
import LocalStore

/// `chat-tui export`: what this machine has of a conversation.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Prints the history of a conversation that is on this machine, oldest first.",
        usage: "chat-tui export --user ID --with ID [--json]",
        discussion: "It asks no server. Where there is no history it says so, and ends with 0.")

    @Option(help: "The conversation's other side.")
    var with: String?

    @Flag(help: "Print each message as a line of JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions
    @ParentCommand var screen: ChatTUICommand

    /// What is in memory at a time.
    private static let pageSize = 500

    func run() throws {
        let wording = Wording(try connection.language())
        try wording.reportingFailures {
            try screen.refuseFlags(of: "export", allowingProduct: false, wording)
            let settings = try connection.settings(wording)
            guard let with else { throw UsageFailure(sentence: wording.peerMissing) }
            guard let peer = UserID(with) else { throw UsageFailure(sentence: wording.badUserID("--with")) }
            if peer == settings.user { throw UsageFailure(sentence: wording.samePerson("--with")) }
            signal(SIGPIPE, SIG_IGN)
            guard let store = try Self.store(settings, wording) else { return wording.complain(wording.nothingStored) }
            let line = MessageLine(user: settings.user, language: wording.language, utcOffset: LocalTime.utcOffset)
            let count = try export(from: store, peer, wording) { stored in
                json ? MessageRecord(stored).line : line.text(of: stored.message)
            }
            if count == 0 { wording.complain(wording.nothingStored) }
        }
    }

    /// Nil where there is none. None is made.
    private static func store(_ settings: ConnectionSettings, _ wording: Wording) throws -> LocalStore? {
        let (folder, server) = (settings.dataFolder, settings.server.identity)
        guard LocalStore.exists(folder: folder, server: server, user: settings.user) else { return nil }
        let sentence: String
        do throws(LocalStore.OpenError) {
            let store = try LocalStore(folder: folder, server: server, user: settings.user)
            if case .setAside(let path) = store.opening { wording.complain(wording.historySetAside(path)) }
            return store
        } catch {
            sentence =
                switch error {
                case .newer: wording.storeIsNewer
                case .diskFull: wording.historyUnreadable(.diskFull)
                case .unusable(let reason): wording.historyUnreadable(.failed(reason))
                }
        }
        throw CommandFailure(sentence: sentence, code: CommandFailure.Code.output)
    }

    /// - Returns: how many messages there were.
    private func export(
        from store: LocalStore, _ peer: UserID, _ wording: Wording, _ line: (StoredMessage) -> String
    ) throws(CommandFailure) -> Int {
        var output = LineOutput(capacity: 64 << 10)
        var (last, count): (String?, Int) = (nil, 0)
        while true {
            let run: StoredRun
            do throws(StoreFailure) {
                run = try store.run(of: peer, after: last, limit: Self.pageSize)
            } catch {
                throw CommandFailure(sentence: wording.historyUnreadable(error), code: CommandFailure.Code.output)
            }
            do throws(LineOutput.Failure) {
                for stored in run.messages { try output.write(line(stored)) }
                if !run.hasNewer { try output.flush() }
            } catch {
                throw error.commandFailure(wording)
            }
            count += run.messages.count
            guard run.hasNewer, let newest = run.messages.last else { return count }
            last = newest.message.id
        }
    }
}
