import ArgumentParser
import ChatClient
import ChatUI
import ChatWire
import Foundation
import HostSystem
import Logging
import Synchronization

/// `chat-tui tail`: prints messages as they arrive, one per line, until it is interrupted.
struct TailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: Texts.ofArguments.abstract(of: .tail),
        usage: Texts.ofArguments.usage(of: .tail),
        discussion: Texts.ofArguments.discussion(of: .tail))

    @Option(help: .of(.onlyWith), completion: KnownValues.peers)
    var with: String?

    @Flag(help: .of(.json))
    var json = false

    @Option(help: .of(.since))
    var since: Int?

    @OptionGroup var connection: ConnectionOptions
    @ParentCommand var screen: ChatTUICommand

    func run() throws {
        let texts = Texts(try connection.language())
        try texts.reportingFailures {
            try screen.refuseFlags(of: "tail", allowingProduct: false, texts)
            let settings = try connection.settings(texts)
            let peer = try with.map { try settings.peer($0, of: "--with", texts) }
            if let since, since < 0 { throw UsageFailure(sentence: texts.badCursor) }
            try LineOutput.check(texts)
            let machine = FeedFollower(
                user: settings.user, peer: peer, since: since, seed: .random(in: .min ... .max))
            try Tail(machine, settings, texts, isJSON: json).run()
        }
    }
}

/// Prints what a `Follower` hands on.
private final class Tail: Sendable {
    private let texts: Texts
    private let isJSON: Bool
    private let line: MessageLine
    private let output = Mutex(LineOutput())
    private let isOffline = Mutex(false)
    /// Why the command ends. Without a sentence, it ends as the user wanted.
    private let endings = EventQueue<CommandFailure>()
    private let follower: Mutex<Follower?> = Mutex(nil)

    init(_ machine: FeedFollower, _ settings: ConnectionSettings, _ texts: Texts, isJSON: Bool) throws {
        self.texts = texts.naming(settings.label)
        self.isJSON = isJSON
        line = MessageLine(user: settings.user, language: texts.language, utcOffset: LocalTime.utcOffset)
        let follower = Follower(
            machine, name: settings.configuration.account.name.map { UntrustedText($0) },
            transport: SocketTransport(settings), log: try LogFile.logger(settings, texts), now: { Moment.now }
        ) { [weak self] update in self?.take(update) ?? false }
        self.follower.withLock { $0 = follower }
    }

    func run() throws(CommandFailure) {
        let signals = SignalSources.ofCommand { [endings] _ in
            endings.post(CommandFailure(code: CommandFailure.Code.success))
        }
        guard let follower = follower.withLock(\.self) else { return }
        let detector = Mutex(WakeDetector())
        let timer = WakeTimer {
            if let sleep = detector.withLock({ $0.check() }) { follower.woke(after: sleep) }
        }
        LineOutput.whenReaderLeaves { [endings] in endings.post(CommandFailure(code: CommandFailure.Code.success)) }
        follower.start()
        let ending = endings.next()
        timer.end()
        withExtendedLifetime(signals) {}
        if let ending, ending.code != CommandFailure.Code.success { throw ending }
    }

    /// - Returns: false if the update could not be printed. Nothing more can be printed then.
    private func take(_ update: FeedFollower.Update) -> Bool {
        switch update {
        case .message(let stored): return print(isJSON ? MessageRecord(stored).line : line.text(of: stored.message))
        case .connection(let status): connectionChanged(to: status)
        case .restarted: texts.complain(texts.feedRestarted)
        case .skipped(let cursors): texts.complain(texts.skipped(cursors))
        case .cannotResume: texts.complain(texts.cannotResume)
        }
        return true
    }

    private func print(_ line: String) -> Bool {
        output.withLock { output in
            do throws(LineOutput.Failure) {
                try output.write(line)
                return true
            } catch {
                endings.post(error.commandFailure(texts))
                // A message that was not printed must not be acknowledged.
                return false
            }
        }
    }

    /// Reports each interruption once.
    private func connectionChanged(to status: ConnectionStatus) {
        switch status {
        case .connecting: break
        case .online:
            let wasOffline = isOffline.withLock { isOffline in
                defer { isOffline = false }
                return isOffline
            }
            if wasOffline { texts.complain(texts.connectedAgain) }
        case .waiting(_, _, let end):
            let wasOffline = isOffline.withLock { isOffline in
                defer { isOffline = true }
                return isOffline
            }
            if !wasOffline { texts.complain(texts.connectionLost(texts.problem(end))) }
        case .stopped(let end):
            let sentence = texts.unreachable(texts.problem(end))
            endings.post(CommandFailure(sentence: sentence, code: end.exitCode))
        }
    }
}
