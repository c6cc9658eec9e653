import ChatServer
import ChatWire
import Formats
import Foundation
import HostSystem
import Logging
import NIOCore
import NIOPosix
import SQLiteStore
import WebSocketTransport

/// Connects the parts of the server and runs them until a signal or idleness ends it.
public struct Server: Sendable {
    let settings: ServerSettings
    private let log: Logger

    public init(_ settings: ServerSettings, log: Logger) {
        self.settings = settings
        self.log = log
    }

    /// - Throws: `StartFailure` if the server cannot start. After it listens, it throws no more.
    public func run() async throws {
        NIOSingletons.groupLoopCountSuggestion = Processors.count
        // This comes first: everything after it may need descriptors.
        let openFileLimit = raiseOpenFileLimit()
        let room = try Self.room(forSocketsWithin: openFileLimit)
        let reloads = ReloadSignal()
        defer { reloads.end() }
        let shutdown = ShutdownSignal()
        let tls = try readCertificate()
        let socket: LocalSocket?
        switch try claimLocalSocket() {
        case .claimed(let claimed): socket = claimed
        case .notWanted: socket = nil
        // Another server on the socket already does what this one was started for.
        case .taken where settings.port == nil: return
        case .taken: socket = nil
        }
        let store = try await openStore()
        let bus = try openBus(for: store)
        // A client started this one: it must not keep the user's folder busy.
        if settings.port == nil { _ = chdir("/") }
        let configuration = Hub.Configuration(
            limits: settings.limits, heartbeatMs: settings.heartbeatSeconds * 1000, rate: settings.messageRate,
            byteRate: settings.byteRate, eventRate: settings.eventRate,
            requestsPerUser: settings.requestsPerUser, blocksPerUser: settings.blocksPerUser,
            connectionsPerUser: settings.connectionsPerUser,
            outboundBytes: settings.socketLimits.outboundBytes, presenceGrace: Self.presenceGrace,
            pagesAtOnce: Self.pagesAtOnce, syncPagesAtOnce: Self.syncPagesAtOnce)
        var socketLimits = settings.socketLimits
        socketLimits.sockets = min(socketLimits.sockets ?? room, room)
        let notices = NoticeLog(
            log, openFileLimit: openFileLimit,
            socketLimit: settings.socketLimits.sockets.flatMap { $0 < room ? $0 : nil })
        let authentication = await makeAuthentication()
        let hub = Hub(
            store: store, authenticator: authentication?.authenticator, configuration: configuration, bus: bus,
            log: log, now: Self.now)
        let commits = Task { await hub.run() }
        let nodes = Task { await hub.runNodes() }
        let upkeep = (store as? SQLiteStore).map { store in
            Task { await Upkeep(store: store, hub: hub, retention: settings.retention, log: log).run() }
        }
        let watch = Task { await hub.watchStore() }
        let lastSeen = Task { await hub.keepLastSeen(every: .seconds(60)) }
        defer {
            upkeep?.cancel()
            watch.cancel()
            lastSeen.cancel()
            nodes.cancel()
        }
        let idleTimer = settings.exitWhenIdle.map { IdleTimer(limit: $0) { shutdown.trigger("idleness") } }
        let gauge = FigureGauge(maxSockets: socketLimits.sockets, maxDescriptors: openFileLimit)
        let routes = Routes(
            hub: hub, policy: settings.policy, addresses: AddressLimiter(settings.addressLimits),
            version: ProgramVersion.number, figures: { await gauge.figures },
            isLogStuck: { LogQueue.standardError.isStuck })
        let server = WebSocketServer(
            group: MultiThreadedEventLoopGroup.singleton,
            application: Application(hub: hub, routes: routes, authTime: settings.authTime, idleTimer: idleTimer),
            limits: socketLimits,
            heartbeat: Heartbeat.Settings(interval: .seconds(settings.heartbeatSeconds)), tls: tls,
            trustedProxies: settings.trustedProxies, onNotice: notices.log)
        gauge.watch(server)
        let reload = Reload(
            logLevelFile: settings.logLevelFile, tls: tls, authentication: authentication, log: log)
        Task { await reloads.forEach { await reload() } }
        try await listen(server, socket)
        let socketWatch = socket.map { socket in
            Task {
                await LocalSocketWatch(server: server, log: log, endsAlone: settings.port == nil).run(socket) {
                    shutdown.trigger($0)
                }
            }
        }
        defer { socketWatch?.cancel() }

        let reason = await shutdown.wait()
        log.notice("Ending because of \(reason)")
        let end = Deadline(Self.timeToEnd)
        socketWatch?.cancel()
        upkeep?.cancel()
        watch.cancel()
        lastSeen.cancel()
        hub.beginDraining()
        store.expectEnd()
        await server.stopListening()
        await hub.flush(within: end.left(most: .seconds(3)))
        await server.drain(code: CloseCode.restart, within: end.left(most: .seconds(5)))
        await hub.recordLastSeenOfOnlineUsers(within: end.left(most: .seconds(1)))
        hub.finish()
        let abandoning = Task {
            try await Task.sleep(for: end.left(most: .seconds(1)))
            hub.abandon()  // nobody is connected any more who could be told
        }
        await commits.value
        abandoning.cancel()
        await hub.leaveNodes(within: end.left(most: .seconds(1)))
        nodes.cancel()
        await nodes.value
        await upkeep?.value
        await watch.value
        await lastSeen.value
        try await store.close()
    }

    /// Container runtimes kill a process after 10 s. What is left of them is for closing the store.
    private static let timeToEnd: Duration = .seconds(6)

    private static func room(forSocketsWithin openFileLimit: Int) throws -> Int {
        let budget = DescriptorBudget(
            limit: openFileLimit, open: DescriptorBudget.openFiles ?? 3, loops: Processors.count)
        guard let room = budget.sockets else {
            throw StartFailure.tooFewDescriptors(openFileLimit, needed: budget.needed)
        }
        return room
    }

    /// The time in which a client reconnects after a short failure of its network.
    private static let presenceGrace: Duration = .seconds(6)

    /// Pages of history take turns. One processor, and one connection of the database, stay free for everything else.
    private static var pagesAtOnce: Int { max(1, min(Processors.count, SQLiteStore.longReadsAtOnce) - 1) }

    /// Most log-ins wait for the store, and waiting costs nothing.
    private static let syncPagesAtOnce = 256

    // MARK: - Parts

    /// The local socket needs no certificate.
    private func readCertificate() throws -> ServerTLS? {
        guard let files = settings.tls, settings.port != nil else { return nil }
        do throws(TLSFileError) {
            return try ServerTLS(certificateFile: files.certificate, keyFile: files.key)
        } catch {
            throw StartFailure.certificate(error)
        }
    }

    private func makeAuthentication() async -> Authentication? {
        guard let authentication = settings.authentication else { return nil }
        if settings.tls == nil, settings.port != nil, !Loopback.contains(host: settings.host) {
            log.warning(
                "Tokens arrive unencrypted here, unless a proxy encrypts. --tls-cert and --tls-key make it wss://.")
        }
        return await authentication(log)
    }

    private enum SocketClaim {
        case claimed(LocalSocket)
        case taken
        case notWanted
    }

    private func claimLocalSocket() throws -> SocketClaim {
        guard let path = settings.localSocket else { return .notWanted }
        do {
            // The folders above it must belong to the user. The claim of the socket checks the socket's own folder.
            let above = URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent().path
            try PrivateFolder.make(above)
            return .claimed(try LocalSocket.claim(path: path))
        } catch LocalSocketError.heldByAnother {
            if settings.port != nil {
                log.warning(
                    """
                    Another server holds the local socket \(UntrustedText(path)): chat-tui without --url finds that one, \
                    and not this server's messages.
                    """)
            }
            return .taken
        } catch {
            let reason = "Cannot use the local socket \(UntrustedText(path)): \(Self.words(for: error))."
            if settings.port == nil || settings.insistsOnLocalSocket { throw StartFailure.localSocket(reason) }
            log.warning("\(reason)")
            return .notWanted
        }
    }

    private static func words(for error: any Error) -> String {
        switch error {
        case LocalSocketError.pathTooLong(_, let limit):
            "its path is longer than the \(limit) bytes that the system takes"
        case LocalSocketError.unsafeFolder(let folder, let reason):
            "the folder \(UntrustedText(folder)) is not safe, \(reason)"
        case LocalSocketError.anothersSocket: "another program's socket is there"
        case LocalSocketError.notASocket: "there is a file of that name which is no socket"
        case LocalSocketError.system(let attempt, let number):
            "\(UntrustedText(attempt)) failed: \(String(cString: strerror(number)))"
        default: UntrustedText("\(error)").displayed()
        }
    }

    private func openStore() async throws(StartFailure) -> any MessageStore {
        do throws(StoreOpenError) {
            switch settings.store {
            case .memory: return MemoryStore()
            case .other(let open): return try await open()
            case .sqlite(let path): return try openDatabase(at: path)
            }
        } catch {
            throw .store(error)
        }
    }

    private func openDatabase(at path: String) throws(StoreOpenError) -> SQLiteStore {
        let isNew = !FileManager.default.fileExists(atPath: path)
        let store = try SQLiteStore(path: path)
        // A typing error in the path would otherwise look like lost messages.
        if isNew { log.notice("There was no database at \(UntrustedText(path)): created a new, empty one.") }
        return store
    }

    /// Listens, and prints the address: the one line on standard output.
    private func listen(_ server: WebSocketServer, _ socket: LocalSocket?) async throws {
        do throws(ListenError) {
            if let socket { try await server.listen(on: socket) }
            guard let port = settings.port else {
                printLine("listening on unix:\(settings.localSocket ?? "")")
                return
            }
            let bound = try await server.listen(host: settings.host, port: port)
            let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
            printLine("listening on \(settings.tls == nil ? "ws" : "wss")://\(host):\(bound)")
        } catch {
            throw StartFailure(error)
        }
    }

    private func printLine(_ line: String) {
        LogQueue.standardOutput.write(UntrustedText(line).displayed() + "\n")
    }

    public static let now: @Sendable () -> Timestamp = { Timestamp(microseconds: WallClock.microseconds) }
}
