import ArgumentParser
import ChatClient
import ChatUI
import ChatWire
import Foundation
import Logging
import Synchronization

/// `chat-tui tail`: messages as they come, a line each, for ever.
struct TailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Prints the user's messages as they come, a line each, until it is stopped.",
        usage: "chat-tui tail --user ID [--with ID] [--json] [--since CURSOR]",
        discussion: """
            Through interruptions each message comes once and in order. A script that has --json's cursor of the last \
            message that it took goes on from there with --since.
            """)

    @Option(help: "Only what was written with this user.")
    var with: String?

    @Flag(help: "Print each message as a line of JSON.")
    var json = false

    @Option(help: "Print all that came after this cursor first. (0: all)")
    var since: Int?

    @OptionGroup var connection: ConnectionOptions
    @ParentCommand var screen: ChatTUICommand

    func run() throws {
        let wording = Wording(try connection.language())
        try wording.reportingFailures {
            try screen.refuseFlags(of: "tail", allowingProduct: false, wording)
            let settings = try connection.settings(wording)
            let peer = with.flatMap { UserID($0) }
            if with != nil, peer == nil { throw UsageFailure(sentence: wording.badUserID("--with")) }
            if peer == settings.user { throw UsageFailure(sentence: wording.samePerson("--with")) }
            if let since, since < 0 { throw UsageFailure(sentence: wording.badCursor) }
            let machine = FeedFollower(
                user: settings.user, peer: peer, since: since, seed: .random(in: .min ... .max))
            try Tail(machine, settings, wording, isJSON: json).run()
        }
    }
}

/// Prints what a `Follower` hands on.
private final class Tail: Sendable {
    private let wording: Wording
    private let isJSON: Bool
    private let line: MessageLine
    private let output = Mutex(LineOutput())
    private let isOffline = Mutex(false)
    /// Why it is to end; without a sentence where that is what was wanted.
    private let endings = EventQueue<CommandFailure>()
    private let follower: Mutex<Follower?> = Mutex(nil)

    init(_ machine: FeedFollower, _ settings: ConnectionSettings, _ wording: Wording, isJSON: Bool) throws {
        self.wording = wording
        self.isJSON = isJSON
        line = MessageLine(user: settings.user, language: wording.language, utcOffset: LocalTime.utcOffset)
        let logFile = try LogFile.open(settings, wording)
        let follower = Follower(
            machine, transport: SocketTransport(settings, wording), log: Logger(label: "chat-tui") { _ in logFile },
            now: { Moment.now }
        ) { [weak self] update in self?.take(update) }
        self.follower.withLock { $0 = follower }
    }

    func run() throws(CommandFailure) {
        let signals = SignalSources([SIGINT, SIGTERM, SIGHUP]) { [endings] _ in
            endings.post(CommandFailure(code: CommandFailure.Code.success))
        }
        guard let follower = follower.withLock(\.self) else { return }
        let detector = Mutex(WakeDetector())
        let timer = WakeTimer {
            if let sleep = detector.withLock({ $0.look() }) { follower.handle(.woke(after: sleep)) }
        }
        LineOutput.whenReaderLeaves { [endings] in endings.post(CommandFailure(code: CommandFailure.Code.success)) }
        follower.handle(.start)
        let ending = endings.next()
        timer.end()
        withExtendedLifetime(signals) {}
        if let ending, ending.code != CommandFailure.Code.success { throw ending }
    }

    private func take(_ update: FeedFollower.Update) {
        switch update {
        case .message(let stored): print(isJSON ? MessageRecord(stored).line : line.text(of: stored.message))
        case .connection(let status): connectionChanged(to: status)
        case .beganAnew: wording.complain(wording.feedBeganAnew)
        case .cannotResume: wording.complain(wording.cannotResume)
        }
    }

    private func print(_ line: String) {
        output.withLock { output in
            do throws(LineOutput.Failure) {
                try output.write(line)
            } catch {
                endings.post(error.commandFailure(wording))
            }
        }
    }

    /// Once for each interruption.
    private func connectionChanged(to status: ConnectionStatus) {
        switch status {
        case .connecting: break
        case .online:
            let wasOffline = isOffline.withLock { isOffline in
                defer { isOffline = false }
                return isOffline
            }
            if wasOffline { wording.complain(wording.connectedAgain) }
        case .waiting(_, _, let end):
            let wasOffline = isOffline.withLock { isOffline in
                defer { isOffline = true }
                return isOffline
            }
            if !wasOffline { wording.complain(wording.connectionLost(wording.problem(end))) }
        case .stopped(let end):
            endings.post(CommandFailure(sentence: wording.unreachable(wording.problem(end)), code: end.exitCode))
        }
    }
}
