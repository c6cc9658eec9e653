import Testing

@testable import Supabase

@Suite struct PKCEVerifierTests {
    /// The example of RFC 7636, appendix B.
    @Test func exampleOfTheRFC() {
        let bytes: [UInt8] = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191,
            240, 91, 88, 5, 88, 83, 132, 141, 121,
        ]
        let verifier = PKCEVerifier(bytes: bytes)
        #expect(verifier.text == "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        #expect(verifier.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    }

    /// The service takes 43 to 128 characters (internal/api/pkce.go).
    @Test func isNewEachTimeAndHidesItself() {
        let (first, second) = (PKCEVerifier(), PKCEVerifier())
        #expect(first != second)
        #expect(first.text.utf8.count == 43)
        #expect(!"\(first)".contains(first.text))
    }

    @Test func addressOfThePage() throws {
        let project = try ProjectAddress("https://abcdefghijklmnopqrst.supabase.co")
        let verifier = PKCEVerifier(bytes: [UInt8](repeating: 0, count: 32))
        let url = AuthorizationPage.url(
            of: project, provider: "git hub", callback: "http://127.0.0.1:4000/?state=a&b", verifier: verifier)
        #expect(
            url == "https://abcdefghijklmnopqrst.supabase.co/auth/v1/authorize?provider=git%20hub"
                + "&redirect_to=http%3A%2F%2F127.0.0.1%3A4000%2F%3Fstate%3Da%26b"
                + "&code_challenge=\(verifier.challenge)&code_challenge_method=s256")
    }

    @Test(
        arguments: [
            (["code": "0d5c"], AuthorizationPage.Callback.code("0d5c")),
            (["error": "access_denied", "error_description": "no"], .failed(.declined)),
            (["error": "access_denied", "error_code": "signup_disabled"], .failed(.signUpsClosed)),
            (["error": "access_denied", "error_code": "user_banned"], .failed(.userBanned)),
            (["error": "server_error", "error_code": "unexpected_failure"], .failed(.serviceDown(status: 400))),
            (["error": "invalid_request", "error_code": "bad_oauth_state"], .failed(.loginExpired)),
            ([:], nil),
            (["state": "x"], nil),
            (["code": ""], nil),
            (["code": String(repeating: "x", count: 513)], nil),
        ] as [([String: String], AuthorizationPage.Callback?)])
    func callback(query: [String: String], expected: AuthorizationPage.Callback?) {
        #expect(AuthorizationPage.Callback { query[$0] } == expected)
    }
}
