import ChatWire
import Dispatch
import Logging
import Synchronization

/// Runs a `Session` on a transport and a store: the WebSocket client module's driver.
///
/// Updates are given to `deliver` in order, on whatever thread they come up. The store is used on a queue of its own.
public final class Client: Sendable {
    private struct State {
        var session: Session
        var link: (any Link)?
        /// The last one that the server was given, on this link or the one before.
        var token: String?
        /// The search that is wanted, counted.
        var search = 0
        /// Sleeps until the session's next deadline.
        var alarm = Alarm()
    }

    private let user: UserID
    private let name: UntrustedText?
    private let transport: any Transport
    private let store: any ConversationStore
    private let disk = DispatchQueue(label: "chat-tui.store")
    private let log: Logger
    private let now: @Sendable () -> Moment
    private let deliver: @Sendable (Update) -> Void
    private let state: Mutex<State>

    /// - `name`: How the user wants to be called; the server may know better.
    /// - `tellsRead`: Whether the server is told how far the user has read.
    public init(
        user: UserID, name: UntrustedText? = nil, peer: UserID?, product: Product?, transport: any Transport,
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
            State(session: Session(user: user, peer: peer, product: product, tellsRead: tellsRead, seed: seed)))
    }

    /// What would be left behind if the program ended now, or was when `stop` has returned.
    public var remains: Remains {
        state.withLock { $0.session.remains(isLasting: store.isLasting) }
    }

    /// Whether messages are on their way on a connection that stands.
    public var isDelivering: Bool {
        state.withLock { $0.session.isDelivering }
    }

    /// The lock is held while the effects are carried out, so that two threads' effects cannot change places.
    private func change(_ body: (inout Session, Moment) -> [Session.Effect]) {
        state.withLock { state in
            for effect in body(&state.session, now()) { perform(effect, &state) }
            setAlarm(&state)
        }
    }

    /// Does what the user wants. What comes of it is told by updates.
    public func handle(_ command: Session.Command) {
        change { session, now in session.handle(command, now: now) }
    }

    /// Tells that the machine slept for so long: whether the connection outlived it is found out at once.
    public func woke(after sleep: Duration) {
        take(.woke(after: sleep))
    }

    private func take(_ report: Session.Report) {
        change { session, now in session.handle(report, now: now) }
    }

    /// Reads what was stored of the open conversation before. The answer is an update, while that one is open. Of several
    /// searches the last one is answered.
    public func look(_ look: HistoryLook) {
        let (session, search) = state.withLock { state in
            if case .search = look { state.search += 1 }
            return (state.session, state.search)
        }
        if let peer = session.peer { read(look, of: peer, opening: session.conversation.opening, search: search) }
    }

    /// Each step stands in the disk's queue anew, behind what came up meanwhile.
    private func read(_ look: HistoryLook, of peer: UserID, opening: Int, search: Int) {
        disk.async { [weak self, store] in
            guard let self, isWanted(look, opening, search) else { return }
            switch look.step(in: store, of: peer) {
            case .goesOn(let rest): read(rest, of: peer, opening: opening, search: search)
            case .answer(let answer):
                state.withLock { state in
                    if state.session.conversation.opening == opening { deliver(answer) }
                }
            }
        }
    }

    private func isWanted(_ look: HistoryLook, _ opening: Int, _ search: Int) -> Bool {
        state.withLock { state in
            if case .search = look, state.search != search { return false }
            return state.session.conversation.opening == opening
        }
    }

    /// Ends the connection, and returns when what happened is on disk, or the disk refused it.
    public func stop() {
        state.withLock { state in
            state.alarm.cancel()
            close(&state)
        }
        take(.leaving)
        // One transaction may be under way, and one more holds all that came since.
        for _ in 0..<3 where state.withLock(\.session.isSaving) { disk.sync {} }
        // Whether what was kept long ago is still there, the store may have had no reason to look since.
        disk.sync { [store] in try? store.apply([]) }
    }

    private func perform(_ effect: Session.Effect, _ state: inout State) {
        switch effect {
        case .open(let link): open(link, &state)
        case .load(let peer, let opening): load(peer, opening)
        case .loadInbox: loadInbox()
        case .authorize(let user, let resume): authorize(user, resume, &state)
        case .transmit(let event): transmit(event, &state)
        case .ping(let patience): state.link?.ping(patience: patience)
        case .close: close(&state)
        case .fetchHistory(let peer, let before, let limit, let link): fetchHistory(peer, before, limit, link)
        case .fetchConversations(let link): fetchConversations(link)
        case .store(let changes): storeChanges(changes)
        case .readOlderPage(let peer, let before): readOlderPage(peer, before)
        case .adoptUnsent(let peer, let since): adoptUnsent(peer, since)
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
        let auth = ClientEvent.Auth(user: user, protocolVersion: 2, token: state.token, resume: resume, name: name)
        state.link?.send(text: WireCodec.encode(ClientEvent.auth(auth)))
    }

    private func transmit(_ event: ClientEvent, _ state: inout State) {
        // What is gone with the process is on no device.
        if case .ack = event, !store.isLasting { return }
        if case .refresh(let token) = event { state.token = token }
        state.link?.send(text: WireCodec.encode(event))
    }

    private func close(_ state: inout State) {
        noteToken(&state)
        state.link?.close()
        state.link = nil
    }

    /// Where the upgrade was refused, it had the token with it.
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

    private func load(_ peer: UserID, _ opening: Int) {
        onDisk { store in
            let state = Self.result { () throws(StoreFailure) in try store.load(peer: peer, limit: Session.pageSize) }
            return .loaded(state, opening: opening)
        }
    }

    private func loadInbox() {
        onDisk { store in
            .inboxLoaded(Self.result { () throws(StoreFailure) in try store.inbox(limit: Session.mostConversations) })
        }
    }

    private func storeChanges(_ changes: [StoreChange]) {
        onDisk { store in
            switch Self.result({ () throws(StoreFailure) in try store.apply(changes) }) {
            case .success: .stored
            case .failure(let failure): .notStored(failure)
            }
        }
    }

    private func readOlderPage(_ peer: UserID, _ before: MessageID) {
        onDisk { store in
            let page = Self.result { () throws(StoreFailure) in
                try store.page(of: peer, before: before, limit: Session.pageSize)
            }
            return .olderPage(page, peer: peer, before: before)
        }
    }

    /// What cannot be adopted now is asked for again later.
    private func adoptUnsent(_ peer: UserID?, _ since: Timestamp) {
        onDisk { store in .adopted((try? store.adoptUnsent(peer: peer, since: since)) ?? []) }
    }

    /// Uses the store on its queue, and tells the session what came of it.
    private func onDisk(_ use: @escaping @Sendable (any ConversationStore) -> Session.Report) {
        disk.async { [weak self, store] in
            let report = use(store)
            self?.take(report)
        }
    }

    private static func result<Value>(
        _ body: () throws(StoreFailure) -> Value
    ) -> Result<Value, StoreFailure> {
        do throws(StoreFailure) {
            return .success(try body())
        } catch {
            return .failure(error)
        }
    }

    // MARK: - Over HTTP

    private func fetchConversations(_ link: Int) {
        Task {
            do throws(HistoryFailure) {
                let list = try await transport.conversations(of: user, limit: Session.mostConversations)
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

    private func setAlarm(_ state: inout State) {
        state.alarm.set(to: state.session.nextDeadline) { [weak self] deadline in
            self?.state.withLock { $0.alarm.rang(at: deadline) }
            self?.take(.tick)
        }
    }
}
