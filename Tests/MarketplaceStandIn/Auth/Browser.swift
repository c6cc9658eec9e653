import Crypto
import Foundation

/// A sign-in that goes through a browser.
struct Flow: Sendable {
    let id: String
    let provider: String
    /// Where the browser is sent in the end.
    let target: String
    /// Without a challenge the tokens themselves go to the browser, in the fragment.
    let challenge: String?
    let method: String
    let code = UUID().uuidString.lowercased()
    let createdAt: Double
    /// The account, once the user signed in.
    var user: String?
}

extension Service {
    func checkChallenge(_ challenge: String, method: String) throws {
        if challenge.isEmpty != method.isEmpty {
            throw ServiceError.invalid("PKCE flow requires code_challenge_method and code_challenge")
        }
        if challenge.isEmpty { return }
        guard (43...128).contains(challenge.utf8.count) else {
            throw ServiceError.invalid("code challenge has to be between 43 and 128 characters")
        }
        guard challenge.wholeMatch(of: /[a-zA-Z._~0-9-]+/) != nil else {
            throw ServiceError.invalid(
                "code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes")
        }
    }

    // MARK: - authorize

    /// To the sign-in page of the provider.
    mutating func beginFlow(_ request: Request) throws -> Response {
        let provider = request.parameter("provider") ?? ""
        guard settings.providers.contains(provider) else {
            let known: Set = ["github", "google", "gitlab", "apple", "azure", "discord", "facebook", "twitter"]
            throw ServiceError.invalid(
                known.contains(provider)
                    ? "Unsupported provider: provider is not enabled"
                    : "Unsupported provider: Provider \(provider) could not be found")
        }
        let challenge = request.parameter("code_challenge") ?? ""
        let method = request.parameter("code_challenge_method") ?? ""
        try checkChallenge(challenge, method: method)
        if !challenge.isEmpty, !["s256", "plain"].contains(method.lowercased()) {
            throw ServiceError.invalid("Invalid code_challenge_method")
        }
        let flow = Flow(
            id: UUID().uuidString.lowercased(), provider: provider, target: allowedRedirect(request),
            challenge: challenge.isEmpty ? nil : challenge, method: method.lowercased(), createdAt: now)
        flows[flow.id] = flow
        let query = Form.text([
            ("client_id", "marketplace"), ("redirect_to", flow.target),
            ("redirect_uri", url + "/auth/v1/callback"), ("response_type", "code"), ("state", flow.id),
        ])
        return .redirect(to: url + "/provider/\(provider)/authorize?" + query)
    }

    /// `redirect_to` if the project allows it, otherwise the site's own address.
    func allowedRedirect(_ request: Request) -> String {
        for address in [request.header("redirect_to") ?? request.parameter("redirect_to"), request.header("Referer")] {
            if let address, isAllowed(address) { return address }
        }
        return settings.siteURL
    }

    private func isAllowed(_ address: String) -> Bool {
        guard let url = URLComponents(string: address), let scheme = url.scheme?.lowercased(), let host = url.host,
            let site = URLComponents(string: settings.siteURL)
        else { return false }
        let isLocalhost = ["localhost", "127.0.0.1", "::1", "[::1]"].contains(host)
        if host == site.host, scheme == site.scheme, url.port == site.port || isLocalhost { return true }
        if host.allSatisfy({ $0.isNumber }) { return false }
        if host.contains(":") || host.wholeMatch(of: /[0-9.]+/) != nil {
            return host.hasPrefix("127.") || host == "[::1]" || host == "::1"
        }
        let bare = address.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
        return settings.redirectAllowList.contains { pattern in
            let expression =
                pattern.split(separator: "**", omittingEmptySubsequences: false).map {
                    $0.split(separator: "*", omittingEmptySubsequences: false)
                        .map { NSRegularExpression.escapedPattern(for: String($0)) }.joined(separator: "[^./]*")
                }.joined(separator: ".*")
            return bare.range(of: "^" + expression + "$", options: .regularExpression) != nil
        }
    }

    // MARK: - The provider

    /// The page of a provider such as GitHub: whoever types an account's address is signed in as that account.
    func providerPage(_ request: Request) -> Response {
        let parts = request.path.split(separator: "/").map(String.init)
        guard parts.count == 3, settings.providers.contains(parts[1]) else { return .page("Not found", status: 404) }
        let callback = url + "/auth/v1/callback?"
        switch (request.method, parts[2]) {
        case ("GET", "authorize"):
            return .page(Self.signInPage(provider: parts[1], state: request.parameter("state") ?? "", wrong: nil))
        case ("POST", "sign-in"):
            let form = Form.parse(String(decoding: request.body, as: UTF8.self))
            func field(_ name: String) -> String { form.first { $0.name == name }?.value ?? "" }
            let state = field("state")
            if field("answer") == "cancel" {
                let query = Form.text([
                    ("error", "access_denied"), ("error_description", "The user has denied your application access."),
                    ("state", state),
                ])
                return .redirect(to: callback + query)
            }
            guard field("email").contains("@") else {
                return .page(Self.signInPage(provider: parts[1], state: state, wrong: field("email")))
            }
            return .redirect(to: callback + Form.text([("code", field("email")), ("state", state)]))
        default: return .page("Not found", status: 404)
        }
    }

    private static func signInPage(provider: String, state: String, wrong: String?) -> String {
        func escape(_ text: String) -> String {
            text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing("\"", with: "&quot;")
        }
        let complaint = wrong.map { "<p id=\"wrong\">No such account: \(escape($0))</p>" } ?? ""
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Sign in with \(escape(provider))</title></head>
            <body>
            <h1>Sign in with \(escape(provider))</h1>
            \(complaint)
            <form method="post" action="/provider/\(escape(provider))/sign-in">
            <input type="hidden" name="state" value="\(escape(state))">
            <label>E-mail <input id="email" name="email" type="text" autofocus></label>
            <button id="sign-in" name="answer" value="sign-in">Sign in</button>
            <button id="cancel" name="answer" value="cancel">Cancel</button>
            </form>
            </body>
            </html>
            """
    }

    // MARK: - callback

    /// Back from the provider: on to the program that waits.
    mutating func returnFromProvider(_ request: Request) throws -> Response {
        guard let state = request.parameter("state"), let flow = flows[state] else {
            return .redirect(
                to: Self.adding(
                    [
                        ("error", "invalid_request"), ("error_code", "bad_oauth_state"),
                        ("error_description", "OAuth state not found or expired"),
                    ], to: settings.siteURL, alsoAsFragment: true))
        }
        func fail(_ error: String, _ code: String, _ description: String) -> Response {
            .redirect(
                to: Self.adding(
                    [("error", error), ("error_code", code), ("error_description", description)], to: flow.target,
                    alsoAsFragment: true))
        }
        if let error = request.parameter("error") {
            return fail(error, "", request.parameter("error_description") ?? "")
        }
        if flow.user != nil { return fail("invalid_request", "flow_state_already_used", "State has already been used") }
        let email = request.parameter("code") ?? ""
        if accountIndex(email: email) == nil {
            if settings.areSignUpsClosed {
                let refusal = ServiceError.signUpsClosed
                return fail("access_denied", refusal.code, refusal.message)
            }
            accounts.append(Account(email.lowercased()))
        }
        let index = accountIndex(email: email)!
        if accounts[index].isBanned { return fail("access_denied", "user_banned", "User is banned") }
        if flow.challenge == nil {
            flows[state] = nil
            guard let tokens = JSON(parsing: try begin(index, method: "oauth").body) else {
                throw ServiceError.unexpected
            }
            let fragment = Form.text([
                ("access_token", tokens["access_token"]?.string ?? ""),
                ("expires_in", String(settings.accessTokenLifetime)),
                ("refresh_token", tokens["refresh_token"]?.string ?? ""), ("sb", ""), ("token_type", "bearer"),
            ])
            return .redirect(to: flow.target + "#" + fragment)
        }
        flows[state]!.user = accounts[index].id
        return .redirect(to: Self.adding([("code", flow.code)], to: flow.target, alsoAsFragment: false))
    }

    private static func adding(
        _ items: [(name: String, value: String)], to address: String, alsoAsFragment: Bool
    ) -> String {
        let items = items.filter { !$0.value.isEmpty }
        let bare = address.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)[0]
        let withQuery = bare + (bare.contains("?") ? "&" : "?") + Form.text(items)
        return alsoAsFragment ? withQuery + "#" + Form.text(items + [("sb", "")]) : withQuery
    }

    // MARK: - token?grant_type=pkce

    mutating func grantByFlow(_ request: Request) throws -> Response {
        let body = try body(request)
        let code = body["auth_code"]?.string ?? ""
        let verifier = body["code_verifier"]?.string ?? ""
        if code.isEmpty || verifier.isEmpty {
            throw ServiceError.invalid("invalid request: both auth code and code verifier should be non-empty")
        }
        guard let flow = flows.values.first(where: { $0.code == code }), let user = flow.user,
            let challenge = flow.challenge, let index = accounts.firstIndex(where: { $0.id == user })
        else { throw ServiceError.flowNotFound }
        if now > flow.createdAt + Double(settings.flowLifetime) { throw ServiceError.flowExpired }
        let expected =
            flow.method == "plain" ? verifier : Base64URL.text(Data(SHA256.hash(data: Data(verifier.utf8))))
        guard expected == challenge else { throw ServiceError.wrongVerifier }
        flows[flow.id] = nil
        return try begin(index, method: "oauth")
    }
}
