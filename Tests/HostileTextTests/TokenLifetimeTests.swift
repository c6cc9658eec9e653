import Foundation
import Testing

@testable import chat_tui

@Suite struct TokenLifetimeTests {
    private func token(_ claims: String) -> String {
        let payload = Data(claims.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
        return "e30.\(payload.replacing("=", with: "")).c2ln"
    }

    @Test(arguments: [
        (#"{"exp":1000}"#, true), (#"{"sub":"anna","exp":999.5}"#, true), (#"{"exp":1001}"#, false), ("{}", false),
        (#"{"exp":"1"}"#, false), (#"{"exp":1e400}"#, false), ("[]", false), ("", false),
        (#"{"ü":"~~~???","exp":1}"#, true),
    ])
    func tellsWhetherItsTimeIsOver(claims: String, isOver: Bool) {
        #expect(TokenLifetime.isOver(token(claims), at: Date(timeIntervalSince1970: 1000)) == isOver)
    }

    @Test(arguments: ["", "a.b.c", "...", "e30.e30", "e30.=.e30", "e30.\u{0}.e30"])
    func whatIsNoTokenHasNoTime(text: String) {
        #expect(!TokenLifetime.isOver(text, at: Date(timeIntervalSince1970: 1e12)))
    }
}
