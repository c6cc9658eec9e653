import ChatWire
import Logging
import Synchronization

/// Runs a `FeedFollower` on a transport.
///
/// `deliver` is called with the updates in order, on any thread. Nothing more is read until it returns, so a slow
/// reader slows the server down.
public final class Follower: Sendable {
    private struct State {
        var machine: FeedFollower
        var link: (any Link)?
        /// Fires at the machine's next deadline.
        var timer = DeadlineTimer()
    }

    private let name: UntrustedText?
    private let transport: any Transport
    private let log: Logger
    private let now: @Sendable () -> Moment
    private let deliver: @Sendable (FeedFollower.Update) -> Bool
    private let state: Mutex<State>

    /// - Parameters:
    ///   - machine: The rules, with the position in the feed where it starts.
    ///   - name: How the user wants to be called. The server may know a better name.
    ///   - transport: Connects to the server.
    ///   - log: Gets a line for each change of the connection and for each fault.
    ///   - now: Reads the clocks.
    ///   - deliver: Returns false if the update could not be handed on. The follower then ends and acknowledges nothing
    ///     more.
    public init(
        _ machine: FeedFollower, name: UntrustedText? = nil, transport: any Transport, log: Logger,
        now: @escaping @Sendable () -> Moment,
        deliver: @escaping @Sendable (FeedFollower.Update) -> Bool
    ) {
        self.name = name
        self.transport = transport
        self.log = log
        self.now = now
        self.deliver = deliver
        state = Mutex(State(machine: machine))
    }

    /// Begins to connect.
    public func start() {
        handle(.start)
    }

    /// Reports that the machine slept for so long. The follower then checks at once whether the connection is still
    /// alive.
    public func woke(after sleep: Duration) {
        handle(.woke(after: sleep))
    }

    /// Holds the lock while the effects are performed, so that two threads' effects cannot be reordered.
    private func handle(_ input: FeedFollower.Input) {
        state.withLock { state in
            for effect in state.machine.handle(input, now: now()) {
                guard perform(effect, &state) else {
                    for effect in state.machine.handle(.deliveryFailed, now: now()) { _ = perform(effect, &state) }
                    break
                }
            }
            setTimer(&state)
        }
    }

    private func perform(_ effect: FeedFollower.Effect, _ state: inout State) -> Bool {
        switch effect {
        case .open(let link):
            state.link = transport.open { [weak self] event in self?.handle(.init(event, link: link)) }
        case .authorize(let user, let resume):
            let auth = ClientEvent.Auth(
                user: user, protocolVersion: ProtocolVersion.latest, token: state.link?.token, resume: resume,
                name: name)
            state.link?.send(text: WireCodec.encode(ClientEvent.auth(auth)))
        case .transmit(let event): state.link?.send(text: WireCodec.encode(event))
        case .ping(let patience): state.link?.ping(patience: patience)
        case .close:
            state.link?.close()
            state.link = nil
        case .update(let update): return deliver(update)
        case .log(let line): log.log(level: line.level, "\(line.text)")
        }
        return true
    }

    private func setTimer(_ state: inout State) {
        state.timer.set(to: state.machine.nextDeadline) { [weak self] deadline in
            self?.state.withLock { $0.timer.fired(at: deadline) }
            self?.handle(.tick)
        }
    }
}
