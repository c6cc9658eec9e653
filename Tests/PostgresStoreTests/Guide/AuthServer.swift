#if Cluster

import Crypto
import Foundation
import Synchronization
import Testing

/// As much of Supabase Auth as the guide uses: the public keys, and tokens for a password or a refresh token. It listens on
/// this machine.
final class AuthServer: Sendable {
    let url: String
    private let key = P256.Signing.PrivateKey()
    private let listener: Int32
    private let user: String
    private let bodies = Mutex<[String]>([])

    /// - Parameter user: whose password is `pass"word`, of the e-mail address `alice@shop.example`.
    init(user: String) throws {
        self.user = user
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(listener, F_SETFD, FD_CLOEXEC)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(INADDR_LOOPBACK).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = self.listener
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(isListening)
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                answer(client)
                close(client)
            }
        }
    }

    func end() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// A token as Supabase issues it.
    func token(for user: String) throws -> String {
        try signed(#"{"alg":"ES256","kid":"current","typ":"JWT"}"#, user) {
            try key.signature(for: $0).rawRepresentation
        }
    }

    /// A token as Supabase issued it with the legacy secret.
    func legacyToken(for user: String, secret: String) throws -> String {
        signed(#"{"alg":"HS256","typ":"JWT"}"#, user) {
            Data(HMAC<SHA256>.authenticationCode(for: $0, using: SymmetricKey(data: Data(secret.utf8))))
        }
    }

    private func signed(_ header: String, _ user: String, by sign: (Data) throws -> Data) rethrows -> String {
        let now = Int(Date().timeIntervalSince1970)
        let claims = """
            {"iss":"\(url)/auth/v1","sub":"\(user)","aud":"authenticated","exp":\(now + 3600),"iat":\(now),\
            "role":"authenticated","email":"alice@shop.example","user_metadata":{}}
            """
        let text = Self.base64(Data(header.utf8)) + "." + Self.base64(Data(claims.utf8))
        return text + "." + Self.base64(try sign(Data(text.utf8)))
    }

    private static func base64(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    // MARK: - HTTP

    private func answer(_ client: Int32) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while !Self.isWhole(String(decoding: bytes, as: UTF8.self)) {
            let count = read(client, &buffer, buffer.count)
            guard count > 0 else { return }
            bytes += buffer[..<count]
        }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n\r\n", maxSplits: 1)
        let body = (try? response(to: String(parts[0]), body: parts.count > 1 ? String(parts[1]) : "")) ?? nil
        let text = body ?? #"{"error_code":"invalid_credentials"}"#
        let head = "HTTP/1.1 \(body == nil ? "400 Bad Request" : "200 OK")\r\nContent-Type: application/json\r\n"
        let whole = Array((head + "Content-Length: \(text.utf8.count)\r\nConnection: close\r\n\r\n" + text).utf8)
        _ = write(client, whole, whole.count)
    }

    private static func isWhole(_ request: String) -> Bool {
        guard let end = request.range(of: "\r\n\r\n") else { return false }
        let length = request.firstMatch(of: /(?i)content-length: (\d+)/).flatMap { Int($0.1) } ?? 0
        return request[end.upperBound...].utf8.count >= length
    }

    /// - Returns: nil to refuse it.
    private func response(to head: String, body: String) throws -> String? {
        if head.hasPrefix("GET /auth/v1/.well-known/jwks.json ") {
            let point = key.publicKey.rawRepresentation
            let (x, y) = (Self.base64(point.prefix(32)), Self.base64(point.suffix(32)))
            return #"{"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","kid":"current","x":"\#(x)","y":"\#(y)"}]}"#
        }
        let fields = try JSONDecoder().decode([String: String].self, from: Data(body.utf8))
        let hasKey = head.contains("apikey: sb_publishable_")
        let isRight: Bool
        if head.hasPrefix("POST /auth/v1/token?grant_type=password ") {
            isRight = fields == ["email": "alice@shop.example", "password": "pass\"word"]
        } else {
            isRight =
                head.hasPrefix("POST /auth/v1/token?grant_type=refresh_token ") && fields == ["refresh_token": "first"]
        }
        guard hasKey, isRight else { return nil }
        let next = fields["refresh_token"] == nil ? "first" : "second"
        return """
            {"access_token":"\(try token(for: user))","token_type":"bearer","expires_in":3600,\
            "refresh_token":"\(next)","user":{"id":"\(user)","email":"alice@shop.example"}}
            """
    }
}

#endif
