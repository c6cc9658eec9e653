import AccountSession
import ChatClient
import ChatUI
import ChatWire
import ClientUpdates
import Supabase
import Testing

@testable import chat_tui

/// What people read when a session gives no token.
@Suite struct SessionProblemTests {
    private func sentence(_ problem: AccountProblem) -> String {
        let texts = Texts(.russian).naming(ServerLabel(address: "chat.example", token: .session(profile: nil)))
        return texts.problem(LinkEnd(problem, host: "abc.supabase.co")) ?? ""
    }

    /// Only a service that was not reached, or is down, is called so.
    @Test func aRefusalIsNoOutage() {
        #expect(sentence(.service(.unanswered(.timedOut))).contains("недоступен"))
        #expect(sentence(.service(.serviceDown(status: 503))).contains("недоступен"))
        #expect(sentence(.service(.keyRejected)).contains("не принимает ключ проекта: укажите новый в --apikey"))
        for refusal in [
            AuthFailure.projectPaused, .projectRestricted, .notTheService(status: 404), .malformed(""),
            .tooManyTries(wait: nil), .other(code: "new", message: ""),
        ] {
            #expect(sentence(.service(refusal)).contains("отвечает, но не продлил вход"))
        }
        #expect(sentence(.busy).contains("данные входа слишком долго занимает"))
    }

    /// What an unknown answer says is told without empty brackets.
    @Test func whatAServiceSays() {
        for (code, message, sentence) in [
            ("", "No such page", "сервис входа отказал: No such page"),
            ("new_code", "", "сервис входа отказал: new_code"),
            ("new_code", "Why", "сервис входа отказал: Why (new_code)"), ("", " ", "сервис входа отказал"),
        ] {
            let failure = AuthFailure.other(code: UntrustedText(code), message: UntrustedText(message))
            #expect(Texts(.russian).authFailure(failure, at: "abc.supabase.co") == sentence)
        }
        let other = Texts(.english).authFailure(.notTheService(status: 404), at: "abc.supabase.co")
        #expect(other.contains("at abc.supabase.co there is no log-in service of a project: check the address"))
    }

    @Test func productsWithoutASeller() {
        let (russian, english) = (Texts(.russian), Texts(.english))
        #expect(russian.ownProduct("shop").contains("(chat-tui --profile shop)"))
        #expect(english.ownProduct(nil).contains("(chat-tui without flags)"))
        #expect(english.productNotFound("").hasPrefix("there is no such product, or you may not see it"))
        #expect(english.productNotFound("42").hasPrefix("there is no product 42, or you may not see it"))
    }

    /// Where no project's session is used, ids are any text.
    @Test func anAddressMayBeAnID() throws {
        let peer = try ConnectionSettings.test().peer("bob@mail.example", of: "--to", Texts(.russian))
        #expect(peer.wire == "bob@mail.example")
    }

    /// Nobody can promise that an expired token will be refreshed.
    @Test func whoAmIAfterTheEnd() throws {
        let received = Timestamp(seconds: 1_700_000_000)
        let tokens = StoredAccount.Tokens(access: "a", refresh: "r", lifetime: .seconds(3600), received: received)
        let identity = Identity(
            loggedIn: AccountAccess.LoggedIn(
                project: try ProjectAddress("http://127.0.0.1:1"), key: try ProjectKey("sb_publishable_x"),
                user: AccountUser(id: UserID("anna")!)),
            server: "ws://127.0.0.1", profile: nil, state: .active(tokens))
        let texts = Texts(.russian)
        #expect(texts.identity(identity, now: received).contains("обновляется сам"))
        let late = texts.identity(identity, now: received.advanced(by: .seconds(3600)))
        #expect(late.contains("Токен истёк") && !late.contains("обновляется сам"))
    }
}
