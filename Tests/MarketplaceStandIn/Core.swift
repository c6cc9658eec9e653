import NIOCore
import Synchronization

/// What the server's threads and the tests' share: the service, its faults and the record of requests.
final class Core: Sendable {
    struct Rule {
        let route: Route
        let fault: Fault
        var timesLeft: Int?
    }

    struct State {
        var service: Service
        var rules: [Rule] = []
        var requests: [Request] = []
    }

    let state: Mutex<State>
    private let isAdministrable: Bool
    private let log: (@Sendable (String) -> Void)?

    init(_ service: Service, isAdministrable: Bool, log: (@Sendable (String) -> Void)?) {
        state = Mutex(State(service: service))
        self.isAdministrable = isAdministrable
        self.log = log
    }

    /// Handles a request, with the fault that is its turn.
    func answer(_ request: Request) -> HTTPServer.Delivery {
        if isAdministrable, request.path.hasPrefix("/stand-in/") {
            return state.withLock { $0.administer(request) }
        }
        let (delivery, mails) = state.withLock { state in
            let known = state.service.mails.count
            return (state.handle(request), state.service.mails.dropFirst(known))
        }
        if let log {
            log("\(request.method) \(request.path) \(delivery.summary)")
            for mail in mails { log("Mail to \(mail.to): \(mail.code) or \(mail.link)") }
        }
        return delivery
    }
}

extension Core.State {
    fileprivate mutating func handle(_ request: Request) -> HTTPServer.Delivery {
        let route = Service.route(of: request)
        requests.append(request)
        let index = rules.firstIndex { $0.route == route && $0.timesLeft != 0 }
        let fault = index.map { rules[$0].fault }
        if let index, let times = rules[index].timesLeft { rules[index].timesLeft = times - 1 }
        if let early = fault?.deliveryWithoutHandling(request, format: service.settings.errorFormat) { return early }
        service.counts.requests[route, default: 0] += 1
        let response = service.respond(to: request, route: route)
        return fault?.delivery(of: response) ?? .whole(response, after: .zero)
    }
}

extension HTTPServer.Delivery {
    /// In a word, for a log.
    fileprivate var summary: String {
        switch self {
        case .whole(let response, _), .releasing(let response): String(response.status)
        case .part(let response, _): "\(response.status), cut off"
        case .trickle(let response, _): "\(response.status), slowly"
        case .held(let response): "\(response.status), held"
        case .raw: "garbage"
        case .silence: "no answer"
        case .close: "closed"
        }
    }
}

extension Fault {
    /// For faults that keep the request from the service; `nil` for the others.
    fileprivate func deliveryWithoutHandling(
        _ request: Request, format: Settings.ErrorFormat
    ) -> HTTPServer.Delivery? {
        switch self {
        case .loseRequest: .close
        case .answer(let response): .whole(response, after: .zero)
        case .refuse(let error): .whole(error.response(to: request, format: format), after: .zero)
        case .garbage(let bytes): .raw(bytes)
        case .hugeAnswer(let bytes): .whole(.huge(bytes), after: .zero)
        case .delay, .silence, .loseAnswer, .breakOff, .trickle, .hold, .strings: nil
        }
    }

    fileprivate func delivery(of response: Response) -> HTTPServer.Delivery {
        switch self {
        case .delay(let seconds): .whole(response, after: .microseconds(Int64(seconds * 1_000_000)))
        case .silence: .silence
        case .loseAnswer: .close
        case .breakOff(let bytes): .part(response, bytes: bytes)
        case .trickle(let pause): .trickle(response, pause: .microseconds(Int64(pause * 1_000_000)))
        case .hold: .held(response)
        case .strings(let text, let kept): .whole(response.replacingStrings(with: text, except: kept), after: .zero)
        case .loseRequest, .answer, .refuse, .garbage, .hugeAnswer: .whole(response, after: .zero)
        }
    }
}

extension Response {
    fileprivate static func huge(_ bytes: Int) -> Response {
        .json(["access_token": .string(String(repeating: "a", count: bytes))])
    }

    fileprivate func replacingStrings(with text: String, except kept: Set<String>) -> Response {
        guard let value = JSON(parsing: body) else { return self }
        var replaced = self
        replaced.body = Array(value.replacingStrings(with: text, except: kept).text.utf8)
        return replaced
    }
}
