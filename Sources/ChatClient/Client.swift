import ChatWire
import Dispatch
import Logging
import Synchronization

/// Runs a `Session` on a transport and a store. It performs the session's effects and reports their results to it.
///
/// `deliver` is called with the updates in order, on any thread. The store is used on a queue of its own.
public final class Client: Sendable {
    struct State {
        var session: Session
        var link: (any Link)?
        /// The last token that the server received, on this link or the previous one.
        var token: String?
        /// The number of the newest search. Older ones are no longer wanted.
        var search = 0
        /// The number of the newest search in all conversations.
        var find = 0
        var isStopping = false
        /// Fires at the session's next deadline.
        var timer = DeadlineTimer()
    }

    private let user: UserID
    private let name: UntrustedText?
    private let transport: any Transport
    let store: any ConversationStore
    let disk = DispatchQueue(label: "chat-tui.store")
    private let log: Logger
    private let now: @Sendable () -> Moment
    let deliver: @Sendable (Update) -> Void
    let state: Mutex<State>

    /// - Parameters:
    ///   - user: Who logs in.
    ///   - name: How the user wants to be called. The server may know a better name.
    ///   - peer: Whose conversation is open at the start; nil for the list of conversations.
    ///   - transport: Connects to the server.
    ///   - store: Keeps the history and what is not sent yet.
    ///   - log: Gets a line for each change of the connection and for each fault.
    ///   - now: Reads the clocks.
    ///   - tellsRead: Whether the server is told how far the user has read.
    ///   - deliver: Gets the updates, in order, on any thread.
    public init(
        user: UserID, name: UntrustedText? = nil, peer: UserID?, transport: any Transport,
        store: any ConversationStore, log: Logger, now: @escaping @Sendable () -> Moment, tellsRead: Bool = true,
        deliver: @escaping @Sendable (Update) -> Void
    ) {
        self.user = user
        self.name = name
        self.transport = transport
        self.store = store
        self.log = log
        self.now = now
        self.deliver = deliver
        let seed = UInt64.random(in: .min ... .max)
        state = Mutex(
            State(session: Session(user: user, peer: peer, tellsRead: tellsRead, seed: seed)))
    }

    /// What would be left behind if the program ended now. After `stop` it is what was left behind.
    public var remains: Remains {
        state.withLock { $0.session.remains(isLasting: store.isLasting) }
    }

    /// Whether messages are being sent on an authorised connection.
    public var isDelivering: Bool {
        state.withLock { $0.session.isDelivering }
    }

    /// Holds the lock while the effects are performed, so that two threads' effects cannot be reordered.
    private func change(_ body: (inout Session, Moment) -> [Session.Effect]) {
        state.withLock { state in
            for effect in body(&state.session, now()) { perform(effect, &state) }
            setTimer(&state)
        }
    }

    /// Executes a command of the user. Its results arrive as updates.
    public func handle(_ command: Session.Command) {
        change { session, now in session.handle(command, now: now) }
    }

    /// Reports that the machine slept for so long. The session then checks at once whether the connection is still
    /// alive.
    public func woke(after sleep: Duration) {
        take(.woke(after: sleep))
    }

    private func take(_ report: Session.Report) {
        change { session, now in session.handle(report, now: now) }
    }

    /// Reads older messages of the open conversation from the store. The answer is an update. There is none if another
    /// conversation was opened meanwhile, or if a later search replaced this one.
    public func readHistory(_ query: HistoryQuery) {
        let (session, search) = state.withLock { state in
            if case .search = query { state.search += 1 }
            return (state.session, state.search)
        }
        if let peer = session.peer { read(query, of: peer, opening: session.conversation.opening, search: search) }
    }

    /// Queues each step again, so that other uses of the store can run in between.
    private func read(_ query: HistoryQuery, of peer: UserID, opening: Int, search: Int) {
        disk.async { [weak self, store] in
            guard let self, isWanted(query, opening, search) else { return }
            switch query.step(in: store, of: peer) {
            case .unfinished(let rest): read(rest, of: peer, opening: opening, search: search)
            case .answer(let answer):
                state.withLock { state in
                    if state.session.conversation.opening == opening { deliver(answer) }
                }
            }
        }
    }

    private func isWanted(_ query: HistoryQuery, _ opening: Int, _ search: Int) -> Bool {
        state.withLock { state in
            if case .search = query, state.search != search { return false }
            return state.session.conversation.opening == opening
        }
    }

    /// Ends the connection. Returns when everything is stored, or the store has refused it.
    public func stop() {
        state.withLock { state in
            state.isStopping = true
            state.timer.cancel()
            close(&state)
        }
        take(.leaving)
        // One transaction may be running, and one more contains everything that came since. A draft may have to wait until
        // its conversation is loaded.
        for _ in 0..<5 where state.withLock(\.session.isSaving) { disk.sync {} }
        // Lets the store check once more whether its files are still in place. It may have had no reason to look
        // recently.
        disk.sync { [store] in try? store.apply([]) }
    }

    private func perform(_ effect: Session.Effect, _ state: inout State) {
        switch effect {
        case .open(let link): open(link, &state)
        case .load(let peer, let opening): onDisk { $0.loaded(peer, opening: opening) }
        case .loadInbox: onDisk { $0.inboxLoaded() }
        case .readFlags: onDisk { $0.flagsRead() }
        case .authorize(let user, let resume): authorize(user, resume, &state)
        case .transmit(let event): transmit(event, &state)
        case .ping(let patience): state.link?.ping(patience: patience)
        case .close: close(&state)
        case .fetchHistory(let peer, let before, let limit, let link): fetchHistory(peer, before, limit, link)
        case .fetchConversations(let link): fetchConversations(link)
        case .findMissing(let skipped, let link): onDisk { $0.missingFound(except: skipped, link: link) }
        case .fetchMissing(let gap, let limit, let link): fetchMissing(gap, limit, link)
        case .store(let changes): onDisk { $0.stored(changes) }
        case .readOlderPage(let peer, let before): onDisk { $0.olderPage(of: peer, before: before) }
        case .adoptUnsent(let peer, let since): onDisk { $0.adopted(peer: peer, since: since) }
        case .readToken(let link):
            noteToken(&state)
            readToken(link, inUse: state.token)
        case .update(let update): deliver(update)
        case .log(let line): log.log(level: line.level, "\(line.text)")
        }
    }

    // MARK: - The link

    private func open(_ link: Int, _ state: inout State) {
        state.token = nil
        state.link = transport.open { [weak self] event in self?.take(.init(event, link: link)) }
    }

    private func authorize(_ user: UserID, _ resume: FeedPosition?, _ state: inout State) {
        state.token = state.link?.token
        let auth = ClientEvent.Auth(
            user: user, protocolVersion: ProtocolVersion.latest, token: state.token, resume: resume, name: name)
        state.link?.send(text: WireCodec.encode(ClientEvent.auth(auth)))
    }

    private func transmit(_ event: ClientEvent, _ state: inout State) {
        // A store in memory is lost with the process, so the server must not count the message as delivered to a
        // device.
        if case .ack = event, !store.isLasting { return }
        if case .refresh(let token) = event { state.token = token }
        state.link?.send(text: WireCodec.encode(event))
    }

    private func close(_ state: inout State) {
        noteToken(&state)
        state.link?.close()
        state.link = nil
    }

    /// The token of a refused upgrade. It was sent with the request, so no `auth` sets it.
    private func noteToken(_ state: inout State) {
        if state.token == nil { state.token = state.link?.token }
    }

    private func readToken(_ link: Int, inUse: String?) {
        disk.async { [weak self, transport] in
            let token = transport.currentToken()
            self?.take(Self.report(token, inUse: inUse, link))
        }
    }

    private static func report(_ token: String?, inUse: String?, _ link: Int) -> Session.Report {
        guard let token, token != inUse else { return .sameToken(link: link) }
        return .token(token, link: link)
    }

    // MARK: - The disk

    /// Uses the store on its queue, and reports the result to the session.
    private func onDisk(_ use: @escaping @Sendable (any ConversationStore) -> Session.Report) {
        disk.async { [weak self, store] in
            let report = use(store)
            self?.take(report)
        }
    }

    // MARK: - Over HTTP

    private func fetchConversations(_ link: Int) {
        Task {
            do throws(HistoryFailure) {
                let list = try await transport.conversations(of: user, limit: Session.maxConversations)
                take(.conversations(.success(list), link: link))
            } catch {
                take(.conversations(.failure(error), link: link))
            }
        }
    }

    private func fetchHistory(_ peer: UserID, _ before: MessageID?, _ limit: Int?, _ link: Int) {
        Task {
            do throws(HistoryFailure) {
                let page = try await transport.history(of: user, with: peer, before: before, limit: limit)
                take(.history(.success(page), peer: peer, before: before, link: link))
            } catch {
                take(.history(.failure(error), peer: peer, before: before, link: link))
            }
        }
    }

    private func fetchMissing(_ gap: StoredGap, _ limit: Int, _ link: Int) {
        Task {
            do throws(HistoryFailure) {
                let page = try await transport.history(of: user, with: gap.peer, before: gap.pageEnd, limit: limit)
                take(.missing(.success(page), gap, link: link))
            } catch {
                take(.missing(.failure(error), gap, link: link))
            }
        }
    }

    private func setTimer(_ state: inout State) {
        state.timer.set(to: state.session.nextDeadline) { [weak self] deadline in
            self?.state.withLock { $0.timer.fired(at: deadline) }
            self?.take(.tick)
        }
    }
}
