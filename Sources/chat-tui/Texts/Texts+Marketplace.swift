import ChatUI
import ChatWire

// Why a product alone does not say whom to talk to.

extension Texts {
    var sellerUnknown: String {
        choose(
            "чтобы узнать продавца по --product-id, войдите: chat-tui login; или укажите его ключом --seller ID",
            "to find the seller by --product-id, log in with chat-tui login; or name them with --seller ID")
    }

    var askingForSeller: String {
        choose("Спрашиваю у сайта, чей это товар…", "Asking the marketplace who sells the product…")
    }

    var sellerNotAnswered: String {
        choose(
            "сайт с товарами не ответил, и чей это товар, неизвестно: попробуйте позже или укажите --seller ID",
            "the marketplace did not answer, so the seller is unknown: try again later, or add --seller ID")
    }

    func productNotFound(_ id: UntrustedText) -> String {
        choose(
            "товар \(id) не найден или вам не показан: проверьте --product-id или укажите --seller ID",
            "there is no product \(id), or you may not see it: check --product-id, or add --seller ID")
    }

    var productHasNoSeller: String {
        choose(
            "у товара не указан продавец: укажите собеседника ключом --seller ID",
            "the product has no seller: name the person to talk to with --seller ID")
    }

    var ownProduct: String {
        choose(
            "это ваш товар: выберите покупателя в списке бесед (chat-tui без ключей) или укажите --seller ID",
            "this product is yours: choose the buyer in the list (chat-tui without flags), or add --seller ID")
    }
}
