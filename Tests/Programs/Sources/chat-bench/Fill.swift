import ArgumentParser
import ChatWire
import NIOPosix
import Synchronization
import WebSocketTransport

/// Writes a long conversation as fast as the server takes it, for what is measured on it afterwards.
struct Fill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Writes many messages from one user to another.")

    @OptionGroup var server: ServerUnderTest

    @Option(help: "How many.")
    var messages: Int

    @Option(help: "Who writes.")
    var from: String

    @Option(help: "To whom.")
    var to: String

    @Option(help: "The text of the one that comes last, to know it by on a screen.")
    var last: String

    @Option(help: "How many a second, at most. As many as the server takes, by default.")
    var rate: Int?

    /// More than a server lets wait for its database, so that the next batch is always ready.
    private static let inFlight = 512

    func run() async throws {
        guard let sender = UserID(from), let receiver = UserID(to), messages > 0, rate ?? 1 > 0
        else {
            throw ValidationError("--from and --to are user ids, --messages and --rate are more than 0.")
        }
        let trouble = Trouble()
        let confirmed = Atomic(0)
        let run = Run(
            template: MessageTemplate(from: sender, to: receiver), count: messages,
            last: WireCodec.encode(
                ClientEvent.message(.init(sender: sender, receiver: receiver, text: UntrustedText(last)))))
        let client = WebSocketClient(group: MultiThreadedEventLoopGroup.singleton)
        let isAuthorized = Atomic(false)
        let start = ContinuousClock.now
        let window = rate == nil ? Self.inFlight : 0
        let socket = try await client.connect(to: server.endpoint) {
            var sent = 0
            return Device(of: sender, trouble: trouble) { frame, socket in
                let isConfirmation = frame.kind == .messageSent
                if isConfirmation { confirmed.add(1, ordering: .relaxed) }
                if frame.kind == .authSuccess { isAuthorized.store(true, ordering: .relaxed) }
                guard window > 0 else { return }
                for _ in 0..<(isConfirmation ? 1 : frame.kind == .authSuccess ? window : 0) where sent < run.count {
                    sent += 1
                    socket.send(text: run.message(sent))
                }
            }
        }
        if let rate {
            try await wait(for: "auth_success") {
                try trouble.check()
                return isAuthorized.load(ordering: .relaxed)
            }
            try await send(run, on: socket, rate)
        }
        try await wait(for: "the last confirmation", within: .seconds(3600)) {
            try trouble.check()
            return confirmed.load(ordering: .relaxed) == messages
        }
        trouble.end()
        report(["seconds": (ContinuousClock.now - start) / .seconds(1)])
    }

    /// Sends at a steady rate. Messages that could not be sent in time are sent with the next ones.
    private func send(_ run: Run, on socket: WebSocket, _ rate: Int) async throws {
        let start = ContinuousClock.now
        var sent = 0
        while sent < run.count {
            let due = min(run.count, Int((ContinuousClock.now - start) / .seconds(1) * Double(rate)) + 1)
            while sent < due {
                sent += 1
                socket.send(text: run.message(sent))
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    private struct Run: Sendable {
        var template: MessageTemplate
        var count: Int
        var last: String

        func message(_ number: Int) -> String { number == count ? last : template.message(number) }
    }
}
