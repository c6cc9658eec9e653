import Formats
import Supabase

/// What a browser brings to the page on this machine at the end of a log-in (RFC 8252, section 7.3).
enum LoopbackRequest: Equatable {
    /// The result of this log-in.
    case callback(AuthorizationPage.Callback)
    /// It does not belong to this log-in. The status is the answer's.
    case foreign(status: Int)

    static let path = "/callback"

    /// Reads the head of a request.
    /// - Parameters:
    ///   - head: All lines, with their line breaks.
    ///   - host: The only valid `Host`. Another one is of a page that has given its own name this machine's address.
    ///   - state: The secret that this log-in has put into its address.
    init(_ head: String, host: String, state: String) {
        let lines = head.split(omittingEmptySubsequences: false) { $0 == "\r\n" || $0 == "\n" }
        let words = (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
            self = .foreign(status: 400)
            return
        }
        let hosts = lines.dropFirst().filter { $0.lowercased().hasPrefix("host:") }
        guard hosts.count == 1, hosts[0].dropFirst("host:".count).trimmed == host else {
            self = .foreign(status: 421)
            return
        }
        guard words[0] == "GET" else {
            self = .foreign(status: 405)
            return
        }
        let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard target.first.map({ $0 == Self.path }) == true else {
            self = .foreign(status: 404)
            return
        }
        self.init(query: target.count == 2 ? target[1] : "", state: state)
    }

    private init(query: Substring, state: String) {
        var values: [String: [String]] = [:]
        for part in query.split(separator: "&").prefix(32) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { PercentEncoding.decode($0, plusIsSpace: true) }
            values[pair[0], default: []].append(pair.count == 2 ? pair[1] : "")
        }
        // A name that is there twice is read in two ways by two programs.
        guard values["state"] == [state], values.values.allSatisfy({ $0.count == 1 }) else {
            self = .foreign(status: 400)
            return
        }
        let callback = AuthorizationPage.Callback { name in values[name]?.first }
        self = callback.map { .callback($0) } ?? .foreign(status: 400)
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
