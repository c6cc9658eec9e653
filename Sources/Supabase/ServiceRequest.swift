import ChatWire
import Formats

/// A request to one of a project's services, and how its answer is read.
///
/// It may contain a password or a token, so its description has only method and path.
public struct ServiceRequest<Answer: Sendable>: Sendable, CustomStringConvertible, CustomReflectable {
    public enum Method: String, Sendable, Hashable {
        case get = "GET"
        case post = "POST"
    }

    public let method: Method
    /// Path and query below the project's address, percent-encoded, such as `/auth/v1/token?grant_type=password`.
    public let target: String
    /// JSON in UTF-8; nil for no body.
    public let body: [UInt8]?
    /// The user's access token, for the header `Authorization`. Without it only the project's key is sent.
    public let accessToken: String?
    /// The largest answer in bytes. A larger one is not read.
    public let maxAnswerBytes: Int
    let read: @Sendable (ServiceResponse) throws(AuthFailure) -> Answer

    init(
        _ method: Method, _ target: String, query: [(String, String)] = [],
        body: KeyValuePairs<JSONName, any JSONEncodable>? = nil,
        accessToken: String? = nil, maxAnswerBytes: Int = 256 << 10,
        read: @escaping @Sendable (ServiceResponse) throws(AuthFailure) -> Answer
    ) {
        self.method = method
        self.target = target + ServiceTarget.query(query)
        self.body = body.map { WireCodec.encodeUTF8(Members($0)) }
        self.accessToken = accessToken
        self.maxAnswerBytes = maxAnswerBytes
        self.read = read
    }

    /// The header fields beside `Host` and the length.
    /// - Parameter key: Nil while the project's key is not known yet. The gateway then says that it is missing.
    public func headers(key: ProjectKey?) -> [(String, String)] {
        var headers = key.map { [("apikey", $0.text)] } ?? []
        headers += [
            ("Accept", "application/json"), ("User-Agent", "chat-tui"),
            // Errors as `{"code":…,"message":…}`. Older services ignore it.
            ("X-Supabase-Api-Version", "2024-01-01"),
        ]
        if body != nil { headers.append(("Content-Type", "application/json;charset=UTF-8")) }
        if let accessToken { headers.append(("Authorization", "Bearer \(accessToken)")) }
        return headers
    }

    /// Reads the answer.
    /// - Throws: what the service refuses, or `AuthFailure.malformed`.
    public func answer(_ response: ServiceResponse) throws(AuthFailure) -> Answer {
        guard (200..<300).contains(response.status) else { throw AuthFailure(response) }
        return try read(response)
    }

    public var description: String { "\(method.rawValue) \(target.prefix { $0 != "?" })" }
    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}

/// An object of a few members, in this order.
private struct Members: JSONEncodable {
    private let members: KeyValuePairs<JSONName, any JSONEncodable>

    init(_ members: KeyValuePairs<JSONName, any JSONEncodable>) { self.members = members }

    func encode(to json: inout JSONWriter) {
        json.object { for (name, value) in members { $0.member(name, value) } }
    }
}

/// An answer as it arrived. Everything in it is untrusted.
public struct ServiceResponse: Sendable {
    public var status: Int
    /// The header fields, with names in lower case.
    public var headers: [String: String]
    public var body: [UInt8]

    public init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The body as JSON; nil if it is none, or if an object in it has a name twice.
    var json: JSONValue? {
        guard let text = String(validating: body, as: UTF8.self), let document = try? JSONDocument(text),
            !document.repeatsName
        else { return nil }
        return document.root
    }

    func decoded<Value: JSONDecodable>(_ type: Value.Type = Value.self) throws(AuthFailure) -> Value {
        do throws(WireCodec.Malformed) {
            return try WireCodec.decode(type, from: body)
        } catch {
            // The description has only this program's own names.
            throw .malformed(error.description)
        }
    }
}

enum ServiceTarget {
    /// `?name=value&…`, percent-encoded; empty without parameters.
    static func query(_ parameters: [(String, String)]) -> String {
        if parameters.isEmpty { return "" }
        return "?" + parameters.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
    }
}
