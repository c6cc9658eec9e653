import NIOCore
import NIOHTTP1

/// One request and its answer, on a connection of its own.
struct HTTPExchange: Sendable {
    let group: any EventLoopGroup
    let dialer: Dialer
    /// How long connecting and answering may take together.
    let time: Duration

    /// Connects, lets `start` add its handlers to the channel, and waits for their promise.
    /// - Parameter boundsAnswer: Whether the deadline of the connection also applies to the answer.
    func run<Answer: Sendable>(
        with endpoint: Endpoint, boundsAnswer: Bool = true,
        start: @escaping @Sendable (any Channel, EventLoopPromise<Answer>) throws -> Void
    ) async throws(ConnectError) -> Answer {
        let eventLoop = group.next()
        let deadline = NIODeadline.now() + TimeAmount(time)
        let answer = eventLoop.makePromise(of: Answer.self)
        let isConnected = NIOLoopBoundBox.makeBoxSendingValue(false, eventLoop: eventLoop)
        let timeout = eventLoop.scheduleTask(deadline: deadline) {
            answer.fail(isConnected.value ? ConnectError.timedOut : .unreachable(.silent))
        }
        // All of this happens on the event loop, so that nothing can be read before the handlers are in place: a server
        // may speak first, if only to say that it is none of ours.
        let channel = eventLoop.flatSubmit {
            let channel = dialer.dial(endpoint, on: eventLoop, deadline: deadline)
            channel.flatMapThrowing { channel in
                isConnected.value = true
                if !boundsAnswer { timeout.cancel() }
                try start(channel, answer)
            }.cascadeFailure(to: answer)
            return channel
        }
        answer.futureResult.whenComplete { _ in timeout.cancel() }
        answer.futureResult.whenFailure { _ in channel.whenSuccess { $0.close(promise: nil) } }
        do {
            return try await withTaskCancellationHandler {
                try await answer.futureResult.get()
            } onCancel: {
                answer.fail(ConnectError.cancelled)
            }
        } catch {
            throw ConnectError(error)
        }
    }

    /// - Parameters:
    ///   - target: Path and query, percent-encoded.
    ///   - hostHeader: The `Host` header, if it differs from the endpoint's.
    static func head(
        _ endpoint: Endpoint, method: HTTPMethod = .GET, target: String, hostHeader: String?, headers: HTTPHeaderFields
    ) throws(ConnectError) -> HTTPRequestHead {
        var all = HTTPHeaderFields([("Host", hostHeader ?? endpoint.hostHeader)])
        for field in headers.fields { all.append(field.name, field.value) }
        let isSafe = { (text: String) in text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
        guard isSafe(target), !target.contains(" "), all.fields.allSatisfy({ isSafe($0.name) && isSafe($0.value) })
        else { throw .invalidRequest("the target or a header has a character that HTTP does not allow") }
        return HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: all.nioHeaders)
    }
}
