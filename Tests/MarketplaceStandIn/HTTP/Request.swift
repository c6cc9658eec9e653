import Foundation
import NIOHTTP1

/// A request as it arrived.
public struct Request: Sendable {
    public var method: String
    /// Without the query, percent-decoded.
    public var path: String
    public var query: [(name: String, value: String)]
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    init(head: HTTPRequestHead, body: [UInt8]) {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        method = head.method.rawValue
        path = parts[0].removingPercentEncoding ?? String(parts[0])
        query = parts.count > 1 ? Form.parse(String(parts[1])) : []
        headers = head.headers.map { ($0.name, $0.value) }
        self.body = body
    }

    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    public func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// The token after `Bearer`; `nil` without one.
    public var bearer: String? {
        guard let value = header("Authorization"), value.lowercased().hasPrefix("bearer ") else { return nil }
        let token = value.dropFirst(7)
        return token.isEmpty || token.contains(" ") ? nil : String(token)
    }

    /// Everything of the request as one text, to look for secrets in.
    public var text: String {
        let target = query.isEmpty ? path : path + "?" + Form.text(query)
        let fields = headers.map { $0.name + ": " + $0.value }.joined(separator: "\n")
        return method + " " + target + "\n" + fields + "\n\n" + String(decoding: body, as: UTF8.self)
    }
}

/// `application/x-www-form-urlencoded`.
enum Form {
    static func parse(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "&").map { part in
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                String($0).replacing("+", with: " ").removingPercentEncoding ?? String($0)
            }
            return (sides[0], sides.count > 1 ? sides[1] : "")
        }
    }

    static func text(_ items: [(name: String, value: String)]) -> String {
        items.map { escape($0.name) + "=" + escape($0.value) }.joined(separator: "&")
    }

    static func escape(_ text: some StringProtocol) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                escaped += byte < 16 ? "%0" : "%"
                escaped += String(byte, radix: 16, uppercase: true)
            }
        }
        return escaped
    }
}
