import ChatClient
import ChatUI
import ChatWire
import Foundation
import HostSystem

/// Sends one message with the client module, and reports the result. Its store is in memory, so it does not touch what
/// the windows store.
final class Sending {
    private enum ProgramEvent: Sendable {
        case update(Update)
        case signal(Int32)
    }

    private let text: String
    private let receiver: UserID
    private let product: Product?
    private let texts: Texts
    private let queue = EventQueue<ProgramEvent>()
    private let store: MemoryConversationStore
    private let client: Client
    /// Used after `run`, too, while the result is written.
    private let signals: SignalSources
    /// In seconds.
    private let timeout: Double
    private let deadline: ContinuousClock.Instant
    /// The same id for all attempts, by which the server recognises repeats.
    private let id = ClientMessageID(UUIDVersion7.make(at: Moment.now.wall))
    /// Whether the message was given to the client, so that it may have arrived.
    private var isHandedOver = false
    private var problem: String?

    init(
        _ text: String, to receiver: UserID, about product: Product?, _ settings: ConnectionSettings,
        _ texts: Texts, timeout: Double
    ) throws {
        if let violation = MessageLimits(characters: .max, bytes: .max).check(text) {
            throw Self.badMessage(violation, texts)
        }
        self.text = text
        self.receiver = receiver
        self.product = product
        self.texts = texts.naming(settings.label)
        self.timeout = timeout
        deadline = .now + .seconds(timeout)
        store = MemoryConversationStore(user: settings.user)
        client = settings.makeClient(
            name: settings.configuration.account.name.map { UntrustedText($0) }, peer: receiver, store: store,
            log: try LogFile.logger(settings, texts)
        ) { [queue] update in queue.post(.update(update)) }
        signals = SignalSources.ofCommand { [queue] in queue.post(.signal($0)) }
    }

    private static func badMessage(_ violation: MessageLimits.Violation, _ texts: Texts) -> CommandFailure {
        CommandFailure(
            sentence: texts.notSent(violation.reason(texts.language)), code: CommandFailure.Code.badMessage)
    }

    /// Sends the message.
    /// - Returns: the message as the server stored it.
    func run() throws(CommandFailure) -> StoredMessage {
        defer { client.stop() }
        client.handle(.start)
        while true {
            switch queue.next(until: deadline) {
            case nil: throw failure(problem ?? silence, code: CommandFailure.Code.unreachable)
            case .signal(let number): throw failure(texts.interrupted, code: 128 + number)
            case .update(.connection(let status)): try connectionChanged(to: status)
            case .update(.outgoing(_, let status)): if let stored = try settled(as: status) { return stored }
            case .update(.postponed(_, let code, let delay)): try postponed(code, by: delay)
            case .update: break
            }
        }
    }

    /// Nobody answered so far. What the server has of a message that was handed over is said in other words.
    private var silence: String? { isHandedOver ? nil : texts.noAnswer(within: timeout) }

    private func failure(_ reason: String?, code: Int32) -> CommandFailure {
        CommandFailure(
            sentence: isHandedOver ? texts.mayHaveArrived(reason) : texts.notSent(texts.unreachable(reason)),
            code: code)
    }

    private func connectionChanged(to status: ConnectionStatus) throws(CommandFailure) {
        switch status {
        case .connecting: break
        case .online(let limits):
            problem = nil
            guard !isHandedOver else { return }
            if let violation = limits.check(text) { throw Self.badMessage(violation, texts) }
            isHandedOver = true
            client.handle(.send(id: id, text: text, product: product))
        case .waiting(_, let retryAt, let end):
            problem = texts.problem(end)
            if retryAt >= deadline { throw failure(problem, code: end.exitCode) }
        case .stopped(let end): throw failure(texts.problem(end), code: end.exitCode)
        }
    }

    /// The server refused the message temporarily. If the next attempt would come after the deadline, the message was
    /// certainly not stored.
    private func postponed(_ code: ErrorCode?, by delay: Duration) throws(CommandFailure) {
        guard .now + delay >= deadline else { return }
        throw CommandFailure(
            sentence: texts.notSent(texts.refusal(code, ServerText.processingFailed)), code: Self.exitCode(for: code))
    }

    private func settled(as status: OutgoingStatus) throws(CommandFailure) -> StoredMessage? {
        switch status {
        case .stored(let message), .found(let message):
            let page = try? store.page(of: receiver, before: nil, limit: 100)
            return page?.messages.last { $0.message.id == message.id } ?? StoredMessage(message: message)
        case .unsent(.waiting): return nil
        case .unsent(.refused(let code, let message)):
            throw CommandFailure(
                sentence: texts.notSent(texts.refusal(code, message)), code: Self.exitCode(for: code))
        case .unsent(.unconfirmed): throw failure(nil, code: CommandFailure.Code.unreachable)
        case .unsent(.stale): throw CommandFailure(sentence: texts.notSent(nil), code: CommandFailure.Code.unreachable)
        case .unsent(.notSaved(let failure)):
            throw CommandFailure(
                sentence: texts.notSent(texts.storeFailure(failure)), code: CommandFailure.Code.unreachable)
        }
    }

    private static func exitCode(for code: ErrorCode?) -> Int32 {
        switch code {
        case .invalidMessage, .messageTooLong, .invalidEvent: CommandFailure.Code.badMessage
        case .notAuthorized, .forbidden: CommandFailure.Code.refused
        default: CommandFailure.Code.unreachable
        }
    }
}
