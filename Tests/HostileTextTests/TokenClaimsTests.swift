import ChatWire
import ClientUpdates
import Foundation
import Testing

@testable import chat_tui

@Suite struct TokenClaimsTests {
    private static let anna = UserID("anna")!

    private func token(_ claims: String) -> String {
        let payload = Data(claims.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
        return "e30.\(payload.replacing("=", with: "")).c2ln"
    }

    private func problem(_ token: String, _ end: LinkEnd = .closed(code: 4500)) -> LinkEnd.TokenProblem? {
        TokenClaims.problem(of: token, for: Self.anna, refusedWith: end, at: Date(timeIntervalSince1970: 1000))
    }

    @Test(arguments: [
        (#"{"exp":1000}"#, LinkEnd.TokenProblem.expired), (#"{"sub":"bob","exp":999.5}"#, .expired),
        (#"{"ü":"~~~???","exp":1}"#, .expired), (#"{"exp":1001}"#, .forged), ("{}", .forged),
        (#"{"sub":"anna","exp":1001}"#, .forged), (#"{"sub":"","exp":1001}"#, .forged),
        (#"{"sub":"bob","exp":1001}"#, .otherUser(UserID("bob")!)), (#"{"exp":"1"}"#, .garbage),
        (#"{"exp":1e400}"#, .garbage), ("[]", .garbage), ("", .garbage),
    ])
    func saysWhyItWasRefused(claims: String, problem: LinkEnd.TokenProblem) {
        for end in [LinkEnd.closed(code: 4500), .refused(status: 401)] {
            #expect(self.problem(token(claims), end) == problem)
        }
    }

    @Test(arguments: ["", "x", "a.b.c", "...", "e30.=.e30", "e30.\u{0}.e30"])
    func whatIsNoTokenIsGarbage(text: String) {
        #expect(problem(text) == .garbage)
    }

    /// These ends have other reasons, unless the token is another user's.
    @Test func doesNotExplainEverything() {
        for end in [LinkEnd.closed(code: 4503), .refused(status: 403)] {
            #expect(problem(token(#"{"sub":"bob"}"#), end) == .otherUser(UserID("bob")!))
            #expect(problem(token(#"{"sub":"anna","exp":1}"#), end) == nil)
            #expect(problem("x", end) == nil)
        }
        for end in [LinkEnd.lost, .closed(code: 4504), .refused(status: 500), .timedOut] {
            #expect(problem("x", end) == nil)
        }
    }
}
