import Foundation
import MarketplaceStandIn

/// A marketplace with its accounts, and what people do there in a browser.
extension MarketplaceStandIn {
    /// Anna has a password, Boris an authenticator app as well.
    static func open(_ change: (inout Settings) -> Void = { _ in }) async throws
        -> MarketplaceStandIn
    {
        var settings = Settings()
        change(&settings)
        return try await MarketplaceStandIn(
            settings: settings,
            accounts: [
                Account(Self.anna, password: password, name: "Анна Смирнова"),
                Account(Self.boris, password: password, name: "Борис", authenticatorSecret: Self.appSecret),
            ])
    }

    static let anna = "anna@mail.example"
    static let boris = "boris@mail.example"
    static let password = "correct horse ёж"
    static let appSecret = "JBSWY3DPEHPK3PXP"

    func id(of email: String) -> String { account(email)?.id ?? "" }

    /// The flags that name the project.
    var flags: [String] { ["--project", url, "--apikey", apiKeys.publishable] }

    /// Opens a page of the service or the provider, and follows it until the browser is sent to another port.
    /// - Parameter email: The account that is chosen at the provider. Nil: the user declines.
    /// - Returns: the address at which the browser arrives.
    func walk(from address: String, as email: String?) throws -> String {
        var target = String(address.dropFirst(url.count))
        for _ in 0..<5 {
            let answer = try HTTP.exchange(
                "GET \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n", port: port)
            var next = Self.location(answer)
            if next == nil, let action = answer.firstMatch(of: /action="([^"]+)"/)?.1,
                let state = answer.firstMatch(of: /name="state" value="([^"]+)"/)?.1
            {
                let choice = email.map { "email=\($0.replacing("@", with: "%40"))&answer=sign-in" } ?? "answer=cancel"
                let body = "state=\(state)&\(choice)"
                let posted = try HTTP.exchange(
                    """
                    POST \(action) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r
                    Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)
                    """, port: port)
                next = Self.location(posted)
            }
            guard let next else { throw HTTP.Failed(description: "no way on from \(target): \(answer.prefix(300))") }
            if !next.hasPrefix(url) { return next }
            target = String(next.dropFirst(url.count))
        }
        throw HTTP.Failed(description: "the way does not end")
    }

    private static func location(_ answer: String) -> String? {
        answer.firstMatch(of: /(?i)\r\nlocation: ([^\r]+)\r\n/).map { String($0.1) }
    }
}
