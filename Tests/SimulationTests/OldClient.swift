import ChatClient
import ChatWire

/// A client of protocol 1: it knows two events to send and four to receive, and reads the history once.
final class OldClient: ClientEnd {
    unowned let world: World
    let user: UserID
    let name: String
    private let peers: [UserID]
    private var wire: Wire?
    private var link = 0
    private var isAuthorized = false
    /// What it got on the present connection.
    private(set) var received: [Message] = []
    private(set) var confirmed: [MessageID] = []
    private var written = 0

    let isCutOff = false

    init(_ world: World, user: UserID, peers: [UserID]) {
        self.world = world
        self.user = user
        self.peers = peers
        name = "\(user.wire)-old"
        world.after(0...3.s) { self.connect() }
    }

    private func connect() {
        link += 1
        isAuthorized = false
        (received, confirmed) = ([], [])
        let opening = link
        wire = world.connect(self, link: link)
        // An attempt that leads nowhere.
        world.after(10.s) { if self.link == opening, !self.isAuthorized { self.ended(.timedOut, link: opening) } }
    }

    func opened(link: Int) {
        guard link == self.link else { return }
        wire?.send(.auth(.init(user: user)))
    }

    func received(_ event: ServerEvent, link: Int) {
        guard link == self.link else { return }
        world.note(name, "◀ \(event)")
        world.judge.checkProtocol1(event)
        switch event {
        case .authSuccess: isAuthorized = true
        case .newMessage(let event): received.append(event.message)
        case .messageSent(let event): confirmed.append(event.messageID)
        default: break
        }
        world.judge.checkFeed(of: self)
    }

    func ended(_ end: LinkEnd, link: Int) {
        guard link == self.link else { return }
        self.link += 1
        wire?.closeByClient()
        world.after(100.ms...3.s) { self.connect() }
    }

    func write() {
        guard isAuthorized, let peer = world.dice.pick(peers) else { return }
        written += 1
        wire?.send(
            .message(.init(sender: user, receiver: peer, text: UntrustedText("\(name) says \(written)"))))
    }
}
