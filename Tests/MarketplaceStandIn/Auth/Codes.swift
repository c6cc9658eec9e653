import Crypto
import Foundation

extension Service {
    // MARK: - otp

    mutating func mailCode(_ request: Request) throws -> Response {
        let body = try body(request)
        try checkCaptcha(body)
        try checkChallenge(body["code_challenge"]?.string ?? "", method: body["code_challenge_method"]?.string ?? "")
        let given = body["email"]?.string ?? ""
        if body["create_user"]?.bool == false {
            let email = try checkEmail(given)
            guard accountIndex(email: email) != nil else { throw ServiceError.codesForUsersOnly }
        }
        if given.isEmpty {
            if body["phone"]?.string?.isEmpty == false {
                throw ServiceError(400, "phone_provider_disabled", "Unsupported phone provider")
            }
            throw ServiceError.invalid("One of email or phone must be set")
        }
        guard settings.isEmailOn else { throw ServiceError.emailOff }
        guard settings.isMagicLinkOn else { throw ServiceError.magicLinkOff }
        let email = try checkEmail(given)
        let isNew = accountIndex(email: email).map { !accounts[$0].isConfirmed } ?? true
        if isNew, settings.areSignUpsClosed { throw ServiceError.signUpsClosed }
        if accountIndex(email: email) == nil {
            var account = Account(email)
            account.isConfirmed = false
            if let data = body["data"], case .object = data { account.metadata = data }
            accounts.append(account)
        }
        try send(isNew ? .confirmation : .magicLink, to: accountIndex(email: email)!)
        return .json([:])
    }

    private mutating func send(_ kind: Mail.Kind, to index: Int) throws {
        let left = accounts[index].code.map { $0.sentAt + Double(settings.mailPauseSeconds) - now } ?? 0
        if left > 0 {
            throw ServiceError(
                429, "over_email_send_rate_limit",
                "For security purposes, you can only request this after \(Int(left)) seconds.")
        }
        if let mailsLeft = settings.mailsLeft {
            guard mailsLeft > 0 else { throw ServiceError.mailLimit }
            settings.mailsLeft = mailsLeft - 1
        }
        let email = accounts[index].email
        let code = String((0..<settings.codeLength).map { _ in "0123456789".randomElement()! })
        let hash = Self.hash(of: code, for: email)
        accounts[index].code = OneTimeCode(kind: kind, code: code, hash: hash, sentAt: now)
        let link =
            url + "/auth/v1/verify?"
            + Form.text([("token", hash), ("type", kind.rawValue), ("redirect_to", settings.siteURL)])
        mails.append(Mail(to: email, kind: kind, code: code, link: link))
    }

    private static func hash(of code: String, for email: String) -> String {
        // The service has SHA-224; here the hash must only be hard to guess.
        SHA256.hash(data: Data((email + code).utf8)).prefix(28).map { String(Int($0) + 0x100, radix: 16).suffix(2) }
            .joined()
    }

    // MARK: - verify

    mutating func verifyCode(_ request: Request) throws -> Response {
        let body = try body(request)
        let type = body["type"]?.string ?? ""
        let code = body["token"]?.string ?? ""
        let hash = body["token_hash"]?.string ?? ""
        if type.isEmpty { throw ServiceError.invalid("Verify requires a verification type") }
        if code.isEmpty == hash.isEmpty { throw ServiceError.invalid("Verify requires either a token or a token hash") }
        let index: Int
        if code.isEmpty {
            guard body["email"]?.string ?? "" == "" else {
                throw ServiceError.invalid("Only the token_hash and type should be provided")
            }
            index = try redeem(hash: hash, type: type)
        } else {
            guard let given = body["email"]?.string, !given.isEmpty else {
                throw ServiceError.invalid("Only an email address or phone number should be provided on verify")
            }
            guard let email = try? checkEmail(given) else {
                throw ServiceError.invalid("Invalid email format", status: 422)
            }
            guard let found = accountIndex(email: email) else { throw ServiceError.codeExpired }
            if accounts[found].isBanned { throw ServiceError(403, "user_banned", "User is banned") }
            guard let sent = accounts[found].code, isValid(sent, type: type), sent.code == code else {
                throw ServiceError.codeExpired
            }
            index = found
        }
        return try redeem(index)
    }

    private func redeem(hash: String, type: String) throws -> Int {
        guard let index = accounts.firstIndex(where: { $0.code?.hash == hash }), let sent = accounts[index].code,
            isValid(sent, type: type)
        else { throw ServiceError.linkExpired }
        if accounts[index].isBanned { throw ServiceError(403, "user_banned", "User is banned") }
        return index
    }

    private mutating func redeem(_ index: Int) throws -> Response {
        accounts[index].code?.isUsed = true
        accounts[index].isConfirmed = true
        return try begin(index, method: "otp")
    }

    private func isValid(_ sent: OneTimeCode, type: String) -> Bool {
        let types: Set<String> =
            switch sent.kind {
            case .confirmation: ["email", "signup", "invite"]
            case .magicLink: ["email", "magiclink", "recovery"]
            }
        return types.contains(type) && !sent.isUsed && now <= sent.sentAt + Double(settings.codeLifetime)
    }

    /// A click in the mail: the browser goes on to the site with the tokens in the fragment.
    mutating func openMailedLink(_ request: Request) throws -> Response {
        let target = allowedRedirect(request)
        do {
            let index = try redeem(hash: request.parameter("token") ?? "", type: request.parameter("type") ?? "")
            guard let tokens = JSON(parsing: try redeem(index).body) else { throw ServiceError.unexpected }
            let fragment = Form.text([
                ("access_token", tokens["access_token"]?.string ?? ""),
                ("expires_in", String(settings.accessTokenLifetime)),
                ("refresh_token", tokens["refresh_token"]?.string ?? ""), ("sb", ""), ("token_type", "bearer"),
                ("type", request.parameter("type") ?? ""),
            ])
            return .redirect(to: target + "#" + fragment, status: 303)
        } catch let error as ServiceError {
            let fragment = Form.text([
                ("error", "access_denied"), ("error_code", error.code), ("error_description", error.message),
                ("sb", ""),
            ])
            return .redirect(to: target + "#" + fragment, status: 303)
        }
    }
}
