import ChatWire
import Logging
import Synchronization

/// What a connection needs of its socket. All of it keeps the order of the calls and returns at once.
public protocol ClientSocket: Sendable {
    func send(text: String)
    /// The user is known: a connection that nobody speaks for does not last.
    func admit()
    func pauseReading()
    func resumeReading()
}

extension ClientSocket {
    /// Nothing, where there is no such limit.
    public func admit() {}
}

/// Runs a `Session` on a socket: feeds it what happens and does what it wants done.
public final class Connection: Sendable {
    private let hub: Hub
    private let socket: any ClientSocket
    private let session: Mutex<Session>
    private let log: Logger

    init(hub: Hub, socket: any ClientSocket, session: Session, log: Logger) {
        self.hub = hub
        self.socket = socket
        self.session = Mutex(session)
        self.log = log
        log.log(.connected)
    }

    public func received(text: String) {
        do {
            handle(.event(try WireCodec.decode(ClientEvent.self, from: text)))
        } catch {
            handle(.malformed(error.description))
        }
    }

    public func receivedBinary() {
        handle(.malformed("a binary frame"))
    }

    public func closed() {
        handle(.closed)
    }

    func deliver(_ stored: StoredMessage) {
        handle(.delivery(stored))
    }

    /// The lock is held while the actions are done, so what two threads want sent cannot change places.
    private func handle(_ input: Session.Input) {
        session.withLock { session in
            for action in session.handle(input, now: hub.now()) {
                perform(action)
            }
        }
    }

    private func perform(_ action: Session.Action) {
        switch action {
        case .send(let event): socket.send(text: WireCodec.encode(event))
        case .authorize(let user): authorize(user)
        case .register(let user):
            socket.admit()
            hub.register(self, as: user)
        case .unregister: hub.remove(self)
        case .append(let draft): append(draft)
        case .pauseReading: socket.pauseReading()
        case .resumeReading: socket.resumeReading()
        case .log(let line): log.log(line)
        }
    }

    private func authorize(_ user: UserID) {
        let hub = hub
        Task {
            do throws(StoreError) {
                handle(.authorized(try await hub.account(of: user)))
            } catch {
                log.log(.storageFailed(error))
                handle(.authorizationFailed)
            }
        }
    }

    private func append(_ draft: MessageDraft) {
        hub.commits.append(draft) { [self] result in
            handle(.appended(draft, result))
            if case .success(.stored(let stored)) = result {
                hub.publish(stored, except: self, log: log)
            }
        }
    }
}
