import NIOCore

/// The requests to `/stand-in/`, by which another process tells the stand-in what to do. They need no key and are not
/// recorded.
///
/// | request | what it does |
/// |---|---|
/// | `GET mails` | the mails that were sent |
/// | `GET requests` | the requests that arrived, and the counts |
/// | `POST set?NAME=VALUE` | changes settings |
/// | `POST fail?route=R&fault=F&times=N` | fails at the next N requests of the route, or at all |
/// | `POST mend` | ends the faults |
/// | `POST release` | sends the answers that are held |
/// | `POST advance?seconds=S` | moves the clock |
/// | `POST rotate-keys`, `POST revoke-keys` | changes the keys |
/// | `POST end-sessions?email=E` | ends the sessions of an account |
extension Core.State {
    mutating func administer(_ request: Request) -> HTTPServer.Delivery {
        let done = Response.json(["done": true])
        let wrong = HTTPServer.Delivery.whole(.json(["done": false], status: 400), after: .zero)
        switch request.path.dropFirst("/stand-in/".count) {
        case "mails":
            let mails = service.mails.map { mail -> JSON in
                [
                    "to": .string(mail.to), "kind": .string(mail.kind.rawValue), "code": .string(mail.code),
                    "link": .string(mail.link),
                ]
            }
            return .whole(.json(.array(mails)), after: .zero)
        case "requests":
            let counts = service.counts
            let list = requests.map { JSON.string($0.method + " " + $0.path) }
            return .whole(
                .json([
                    "requests": .array(list), "sessions_begun": .integer(counts.sessionsBegun),
                    "sessions_ended": .integer(counts.sessionsEnded), "refreshes": .integer(counts.refreshes),
                    "reuses": .integer(counts.reuses), "refused_reuses": .integer(counts.refusedReuses),
                ]), after: .zero)
        case "set":
            for (name, value) in request.query where !service.settings.set(name, to: value) { return wrong }
        case "fail":
            guard let route = request.parameter("route").flatMap(Route.init),
                let fault = request.parameter("fault").flatMap(Fault.init(named:))
            else { return wrong }
            rules.append(
                Core.Rule(route: route, fault: fault, timesLeft: request.parameter("times").flatMap { Int($0) }))
        case "mend": rules = []
        case "release": return .releasing(done)
        case "advance":
            guard let seconds = request.parameter("seconds").flatMap(Double.init) else { return wrong }
            service.settings.clockOffset += seconds
        case "rotate-keys": service.keys.rotate()
        case "revoke-keys": service.keys.revokePrevious()
        case "end-sessions":
            guard let index = request.parameter("email").flatMap({ service.accountIndex(email: $0) }) else {
                return wrong
            }
            service.endSessions(of: index)
        default: return wrong
        }
        return .whole(done, after: .zero)
    }
}
