// The inbox, and the unread messages of other conversations.

extension Texts {
    var inboxTitle: String { choose("Беседы", "Conversations") }
    var inboxPlaceholder: String { choose("Найти беседу или /команда…", "Find a conversation, or /command…") }
    var yourOwn: String { choose("вы:", "you:") }
    func quoted(_ title: String) -> String { choose("«\(title)»", "“\(title)”") }
    var draft: String { choose("черновик:", "draft:") }

    func unread(_ count: Int, key: String) -> String {
        counted(count, ("непрочитанное", "непрочитанных", "непрочитанных"), ("unread", "unread")) + " · \(key)"
    }

    func unreadElsewhere(_ count: Int, key: String) -> String {
        choose("в других беседах: \(count) · \(key)", "\(count) unread elsewhere · \(key)")
    }

    func moreBelow(_ count: Int, key: String) -> String {
        choose("↓ ещё \(count) · \(key)", "↓ \(count) more · \(key)")
    }

    /// `found` is nil if there is no filter.
    func conversations(found: Int?, of count: Int) -> String {
        if let found { return choose("\(found) из \(count)", "\(found) of \(count)") }
        return counted(count, ("беседа", "беседы", "бесед"), ("conversation", "conversations"))
    }

    var emptyInbox: String {
        choose(
            "Бесед пока нет. Напишите кому-нибудь: /seller ID. Когда напишут вам, беседа появится здесь.",
            "No conversations yet. Write to somebody: /seller ID. "
                + "When somebody writes to you, the conversation appears here.")
    }

    func noneFound(_ filter: String, key: String) -> String {
        choose("Не найдено: «\(filter)». \(key) — все беседы", "Not found: “\(filter)”. \(key): all conversations")
    }
}
