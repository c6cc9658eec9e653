import ChatClient
import ChatUI
import ChatWire
import HostSystem
import Supabase

// Why a product alone does not say whom to talk to.

extension Texts {
    func sellerUnknown(_ profile: String?) -> String {
        choose(
            "чтобы узнать продавца по --product-id, войдите: \(Self.logIn(profile)); или укажите его ключом --seller ID",
            "to find the seller by --product-id, log in with \(Self.logIn(profile)); or name them with --seller ID")
    }

    var askingForSeller: String {
        choose("Спрашиваю у сайта, чей это товар…", "Asking the marketplace who sells the product…")
    }

    var sellerNotAnswered: String {
        choose(
            "сайт с товарами не ответил, и чей это товар, неизвестно: попробуйте позже или укажите --seller ID",
            "the marketplace did not answer, so the seller is unknown: try again later, or add --seller ID")
    }

    /// - Parameter host: The project's.
    func sellerNotTold(_ failure: AuthFailure, at host: String, profile: String?) -> String {
        switch failure {
        case .unanswered(.timedOut), .unanswered(.noPong), .unanswered(.unanswered), .unanswered(.closed),
            .unanswered(.lost):
            return sellerNotAnswered
        case .unanswered(.unreachable(let reason)): return marketplaceOutOfReach(host, reason)
        case .projectUnknown: return marketplaceOutOfReach(host, .unknownHost)
        case .tokenRejected, .sessionGone, .notTheService(status: 401), .notTheService(status: 403):
            return marketplaceRejectedLogIn(profile)
        // PostgreSQL's code for a table that this user may not read: HTTP 401 or 403.
        case .other(let code, _) where code.wire == "42501": return marketplaceRejectedLogIn(profile)
        case .keyRejected:
            let command = Self.logIn(profile)
            return choose(
                "сайт с товарами не принял ключ проекта: войдите снова с новым, \(command) --apikey КЛЮЧ",
                "the marketplace rejected the project's key: log in again with the new one, \(command) --apikey KEY")
        case .serviceDown(let status), .notTheService(let status):
            return choose(
                "сайт с товарами ответил ошибкой HTTP \(status): попробуйте позже или укажите --seller ID",
                "the marketplace answered with the error HTTP \(status): try again later, or add --seller ID")
        case .malformed:
            return choose(
                "ответ сайта с товарами не удалось прочитать: попробуйте позже или укажите --seller ID",
                "the marketplace's answer could not be read: try again later, or add --seller ID")
        case .other(let code, let message):
            let words = Self.words(code, message)
            return choose(
                "сайт с товарами отказал\(words); укажите --seller ID",
                "the marketplace refused\(words); add --seller ID")
        // A paused project, a certificate, a proxy: the same host has the log-in, and the same advice.
        default: return authFailure(failure, at: host)
        }
    }

    private func marketplaceRejectedLogIn(_ profile: String?) -> String {
        choose(
            "сайт с товарами не принял вход: войдите снова, \(Self.logIn(profile))",
            "the marketplace did not accept the log-in: log in again, \(Self.logIn(profile))")
    }

    private func marketplaceOutOfReach(_ host: String, _ reason: NetworkFailure) -> String {
        let host = UntrustedText(host)
        return choose(
            "сайт с товарами \(host) недоступен: \(cause(reason)); проверьте сеть или укажите --seller ID",
            "cannot reach the marketplace \(host): \(cause(reason)); check your network, or add --seller ID")
    }

    /// - Parameter id: It may be empty.
    func productNotFound(_ id: UntrustedText) -> String {
        let isEmpty = id.wire.allSatisfy(\.isWhitespace)
        return choose(
            "\(isEmpty ? "такой товар" : "товар \(id)") не найден или вам не показан: проверьте --product-id "
                + "или укажите --seller ID",
            "there is no \(isEmpty ? "such product" : "product \(id)"), or you may not see it: check --product-id, "
                + "or add --seller ID")
    }

    var productHasNoSeller: String {
        choose(
            "у товара не указан продавец: укажите собеседника ключом --seller ID",
            "the product has no seller: name the person to talk to with --seller ID")
    }

    func ownProduct(_ profile: String?) -> String {
        let command = profile.map { "chat-tui --profile \($0)" }
        return choose(
            "это ваш товар: выберите покупателя в списке бесед (\(command ?? "chat-tui без ключей")) "
                + "или укажите --seller ID",
            "this product is yours: choose the buyer in the list (\(command ?? "chat-tui without flags")), "
                + "or add --seller ID")
    }
}
