import CLibrary
import ChatUI
import Foundation
import Supabase
import Terminal

/// One page at a free port of 127.0.0.1, to which the browser brings the result of a log-in. It answers only the request
/// that has this log-in's secret, and says that the window can be closed.
final class LoopbackPage {
    struct Failure: Error {
        /// `errno`.
        let number: Int32
    }

    let port: Int
    private let listener: Int32
    private let texts: Texts
    private var visitors: [Visitor] = []

    /// A connection whose request has not arrived yet. Browsers open some that they never use.
    private struct Visitor {
        let socket: Int32
        let deadline: ContinuousClock.Instant
        var head: [UInt8] = []
    }

    private static let maxVisitors = 16
    private static let maxHead = 16 << 10
    private static let patience: Duration = .seconds(10)

    init(_ texts: Texts) throws(Failure) {
        self.texts = texts
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard listener >= 0 else { throw Failure(number: errno) }
        Self.neverBlock(listener)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isOpen = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isOpen else {
            let number = errno
            Foundation.close(listener)
            throw Failure(number: number)
        }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit {
        for visitor in visitors { Foundation.close(visitor.socket) }
        Foundation.close(listener)
    }

    /// The address to which the service sends the browser.
    func address(state: String) -> String { "http://\(host)\(LoopbackRequest.path)?state=\(state)" }

    private var host: String { "127.0.0.1:\(port)" }

    enum Outcome {
        case callback(AuthorizationPage.Callback)
        case timedOut
        case signal(Int32)
    }

    /// Serves until the browser has brought the result, or the user does not want it any more.
    func outcome(state: String, until deadline: ContinuousClock.Instant, _ signals: SignalPipe) -> Outcome {
        while ContinuousClock.now < deadline {
            var descriptors = [listener, signals.readEnd].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let first = descriptors.count
            descriptors += visitors.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
            poll(&descriptors, nfds_t(descriptors.count), 250)
            if let number = signals.next() { return .signal(number) }
            for index in visitors.indices.reversed() {
                let isReady = descriptors[index + first].revents != 0
                if isReady, let request = request(of: &visitors[index], state) {
                    answer(request, to: visitors[index].socket)
                    leave(index)
                    switch request {
                    case .callback(let callback): return .callback(callback)
                    case .foreign: continue
                    }
                }
                if visitors[index].deadline <= .now { leave(index) }
            }
            if descriptors[0].revents != 0 { admit() }
        }
        return .timedOut
    }

    private func admit() {
        let socket = accept(listener, nil, nil)
        guard socket >= 0 else { return }
        Self.neverBlock(socket)
        // The oldest one makes room, so that nobody can keep the browser out.
        if visitors.count >= Self.maxVisitors { leave(0) }
        visitors.append(Visitor(socket: socket, deadline: .now + Self.patience))
    }

    /// The request, once its head is complete.
    private func request(of visitor: inout Visitor, _ state: String) -> LoopbackRequest? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(visitor.socket, &buffer, buffer.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return nil }
        guard count > 0 else { return .foreign(status: 400) }
        visitor.head += buffer[..<count]
        guard let end = visitor.head.firstRange(of: Array("\r\n\r\n".utf8)) else {
            return visitor.head.count > Self.maxHead ? .foreign(status: 431) : nil
        }
        let head = String(decoding: visitor.head[..<end.lowerBound], as: UTF8.self)
        return LoopbackRequest(head, host: host, state: state)
    }

    private func answer(_ request: LoopbackRequest, to socket: Int32) {
        let response = Array(LoopbackResponse(request, texts).text.utf8)
        // It is shorter than what a new connection accepts at once.
        _ = response.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        shutdown(socket, Int32(SHUT_WR))
    }

    private func leave(_ index: Int) {
        Foundation.close(visitors[index].socket)
        visitors.remove(at: index)
    }

    private static func neverBlock(_ socket: Int32) {
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        _ = fcntl(socket, F_SETFL, fcntl(socket, F_GETFL) | O_NONBLOCK)
    }
}

/// The page, with its head. It loads nothing, runs nothing, and tells nobody where it was.
struct LoopbackResponse {
    let text: String

    init(_ request: LoopbackRequest, _ texts: Texts) {
        let (status, sentence): (String, String) =
            switch request {
            case .callback(.code): ("200 OK", texts.pageAfterLogIn)
            case .callback(.failed): ("200 OK", texts.pageAfterRefusal)
            case .foreign(let status): (Self.line(status), texts.pageOfNobody)
            }
        let body = """
            <!DOCTYPE html>
            <html lang="\(texts.language.rawValue)">
            <head>
            <meta charset="utf-8">
            <meta name="color-scheme" content="light dark">
            <meta name="viewport" content="width=device-width">
            <title>chat-tui</title>
            </head>
            <body>
            <p>\(sentence)</p>
            </body>
            </html>

            """
        text =
            [
                "HTTP/1.1 \(status)", "Content-Type: text/html; charset=utf-8", "Content-Length: \(body.utf8.count)",
                "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
                "Referrer-Policy: no-referrer", "X-Content-Type-Options: nosniff", "Cache-Control: no-store",
            ].joined(separator: "\r\n") + (status.hasPrefix("405") ? "\r\nAllow: GET" : "")
            + "\r\nConnection: close\r\n\r\n" + body
    }

    private static func line(_ status: Int) -> String {
        switch status {
        case 404: "404 Not Found"
        case 405: "405 Method Not Allowed"
        case 421: "421 Misdirected Request"
        case 431: "431 Request Header Fields Too Large"
        default: "400 Bad Request"
        }
    }
}
