import ChatWire
import Formats
import Testing

@testable import Supabase

@Suite struct AuthRequestTests {
    private let key: ProjectKey
    private let factor: AccountUser.Factor
    private let challenge: FactorChallenge

    init() throws {
        key = try ProjectKey("sb_publishable_x")
        factor = AccountUser.Factor(id: try #require(OpaqueText("f/1")))
        challenge = FactorChallenge(id: try #require(OpaqueText("c1")))
    }

    private func text<Answer>(_ request: ServiceRequest<Answer>) -> String {
        let body = request.body.map { " " + String(decoding: $0, as: UTF8.self) } ?? ""
        let token = request.accessToken.map { " [\($0)]" } ?? ""
        return "\(request.method.rawValue) \(request.target)\(body)\(token)"
    }

    /// The requests as openapi.yaml of supabase/auth describes them.
    @Test func requests() {
        #expect(
            text(.mailCode(to: "a@b.example", createsUser: false))
                == #"POST /auth/v1/otp {"email":"a@b.example","create_user":false}"#)
        #expect(
            text(.verify(code: "123456", email: "a@b.example"))
                == #"POST /auth/v1/verify {"type":"email","email":"a@b.example","token":"123456"}"#)
        #expect(
            text(.logIn(email: "a@b.example", password: "p\"\n"))
                == #"POST /auth/v1/token?grant_type=password {"email":"a@b.example","password":"p\"\n"}"#)
        let verifier = PKCEVerifier(bytes: [UInt8](repeating: 0, count: 32))
        #expect(
            text(.exchange(code: "c", verifier: verifier))
                == #"POST /auth/v1/token?grant_type=pkce {"auth_code":"c","code_verifier":"\#(verifier.text)"}"#)
        #expect(text(.refresh("r")) == #"POST /auth/v1/token?grant_type=refresh_token {"refresh_token":"r"}"#)
        #expect(text(.logOut(accessToken: "t")) == "POST /auth/v1/logout?scope=local [t]")
        #expect(text(.user(accessToken: "t")) == "GET /auth/v1/user [t]")
        #expect(text(.settings()) == "GET /auth/v1/settings")
        #expect(text(.challenge(factor, accessToken: "t")) == "POST /auth/v1/factors/f%2F1/challenge {} [t]")
        #expect(
            text(.verify(code: "1", of: factor, challenge: challenge, accessToken: "t"))
                == #"POST /auth/v1/factors/f%2F1/verify {"challenge_id":"c1","code":"1"} [t]"#)
    }

    @Test func headers() {
        let fields = ServiceRequest.user(accessToken: "t").headers(key: key)
        #expect(fields.contains { $0 == ("apikey", "sb_publishable_x") })
        #expect(fields.contains { $0 == ("Authorization", "Bearer t") })
        // A publishable key is no token, so it must not stand there.
        #expect(!ServiceRequest.settings().headers(key: key).contains { $0.0 == "Authorization" })
        #expect(!ServiceRequest.settings().headers(key: nil).contains { $0.0 == "apikey" })
    }

    /// A log of a request must not have its password or its tokens.
    @Test func hidesSecrets() {
        let request = ServiceRequest.verify(code: "SECRET1", of: factor, challenge: challenge, accessToken: "SECRET2")
        var dumped = ""
        dump(request, to: &dumped)
        for text in ["\(request)", String(reflecting: request), dumped] { #expect(!text.contains("SECRET")) }
    }

    // MARK: - Answers

    private static let user = """
        {"id":"11111111-2222-4333-8444-555555555555","aud":"authenticated","role":"authenticated",\
        "email":"anna@example.org","phone":"","user_metadata":{"full_name":"Анна","name":"A"},\
        "factors":[{"id":"f1","status":"verified","factor_type":"totp","friendly_name":"phone"},\
        {"id":"f2","status":"unverified","factor_type":"totp"},{"id":"f3","status":"verified","factor_type":"phone"}],\
        "identities":[{"identity_id":"i","identity_data":{"email":"anna@example.org"}}]}
        """

    private static func session(
        access: String = #""a.b.c""#, refresh: String = #""r""#, lifetime: String = "3600",
        expires: String = "1700000000", user: String = user
    ) -> String {
        """
        {"access_token":\(access),"token_type":"bearer","expires_in":\(lifetime),"expires_at":\(expires),\
        "refresh_token":\(refresh),"user":\(user),"weak_password":null}
        """
    }

    private func read(_ body: String, status: Int = 200) throws -> AuthSession {
        try ServiceRequest.refresh("r").answer(ServiceResponse(status: status, body: Array(body.utf8)))
    }

    @Test func readsASession() throws {
        let session = try read(Self.session())
        #expect(session.accessToken == "a.b.c")
        #expect(session.refreshToken == "r")
        #expect(session.lifetime == .seconds(3600))
        #expect(session.expires == 1_700_000_000)
        #expect(session.user.id.wire == "11111111-2222-4333-8444-555555555555")
        #expect(session.user.email == "anna@example.org")
        #expect(session.user.name == "Анна")
        #expect(session.user.factors == [AccountUser.Factor(id: try #require(OpaqueText("f1")), name: "phone")])
        #expect(session.needsSecondFactor)
        #expect(!"\(session)".contains("a.b.c"))
    }

    @Test func aSecondFactorIsAskedForOnce() throws {
        let claims = Base64.encodeURL(Array(#"{"sub":"u","aal":"aal2","exp":1}"#.utf8))
        #expect(try !read(Self.session(access: "\"e30.\(claims).x\"")).needsSecondFactor)
        #expect(try !read(Self.session(user: #"{"id":"u"}"#)).needsSecondFactor)
    }

    @Test(arguments: [
        "", "null", "[]", "{}", "<html>", session(access: "5"), session(access: "null"), session(access: #""""#),
        session(access: #""a\r\nX: y""#), session(access: #""a b""#), session(access: #""ключ""#),
        session(access: "\"\(String(repeating: "x", count: 13_000))\""), session(refresh: "null"),
        session(refresh: #""\n""#), session(refresh: "\"\(String(repeating: "x", count: 2000))\""),
        session(lifetime: "0"), session(lifetime: "-1"), session(lifetime: "null"), session(lifetime: "1e30"),
        session(lifetime: "99999999999"), session(expires: "-5"), session(expires: "9223372036854775807"),
        session(user: "null"), session(user: "{}"), session(user: #"{"id":""}"#), session(user: #"{"id":"\u0000"}"#),
        session(user: #"{"id":"a","id":"b"}"#), session(user: "\"\(String(repeating: "x", count: 200))\""),
        String(repeating: "[", count: 100_000),
    ]) func refusesASession(body: String) {
        #expect(throws: AuthFailure.self) { try read(body) }
    }

    /// What only the user sees is left out if it cannot be shown; nothing else depends on it.
    @Test(arguments: [
        #"{"id":"u","email":"a\u001b[2Jb","user_metadata":{"full_name":"x\ny"}}"#,
        #"{"id":"u","email":5,"user_metadata":[1]}"#, #"{"id":"u","email":"","user_metadata":{"full_name":"  "}}"#,
        #"{"id":"u","user_metadata":{"full_name":{"a":"b"},"name":"\#(String(repeating: "x", count: 1000))"}}"#,
        #"{"id":"u","factors":"x"}"#,
        #"{"id":"u","factors":[5,null,{"id":"../x y","status":"verified","factor_type":"totp"}]}"#,
    ]) func hostileUsers(user: String) throws {
        let session = try read(Self.session(user: user))
        #expect(session.user == AccountUser(id: try #require(UserID("u"))))
    }

    @Test func manyFactors() throws {
        let factor = #"{"id":"f","status":"verified","factor_type":"totp"}"#
        let user = #"{"id":"u","factors":[\#(Array(repeating: factor, count: 500).joined(separator: ","))]}"#
        #expect(try read(Self.session(user: user)).user.factors.count == 10)
    }

    @Test func readsSettings() throws {
        let body = #"{"external":{"email":false,"github":true,"google":true,"apple":false},"disable_signup":true}"#
        let settings = try ServiceRequest.settings().answer(ServiceResponse(status: 200, body: Array(body.utf8)))
        #expect(settings == ProjectSettings(hasEmail: false, isClosed: true, providers: ["google", "github"]))
        #expect(throws: AuthFailure.self) {
            try ServiceRequest.settings().answer(ServiceResponse(status: 200, body: Array("{}".utf8)))
        }
    }
}
