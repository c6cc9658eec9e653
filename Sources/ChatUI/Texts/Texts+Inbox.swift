import ClientUpdates

// The inbox, and the unread messages of other conversations.

extension Texts {
    var inboxTitle: String { choose("Беседы", "Conversations") }
    var inboxPlaceholder: String { choose("Найти беседу или /команда…", "Find a conversation, or /command…") }
    var yourOwn: String { choose("вы:", "you:") }
    var draft: String { choose("черновик:", "draft:") }

    func unread(_ count: Int, key: String) -> String {
        counted(count, ("непрочитанное", "непрочитанных", "непрочитанных"), ("unread", "unread")) + " · \(key)"
    }

    func unreadElsewhere(_ count: Int, key: String) -> String {
        choose("в других беседах: \(count) · \(key)", "\(count) unread elsewhere · \(key)")
    }

    /// From the longest to the shortest; the first that fits is shown.
    func moreAbove(_ hidden: InboxLayout.Hidden, key: String) -> [String] { more("↑", hidden, key: key) }

    /// The same for the conversations below.
    func moreBelow(_ hidden: InboxLayout.Hidden, key: String) -> [String] { more("↓", hidden, key: key) }

    private func more(_ arrow: String, _ hidden: InboxLayout.Hidden, key: String) -> [String] {
        let more = choose("\(arrow) ещё \(hidden.count)", "\(arrow) \(hidden.count) more")
        if hidden.unread == 0 { return ["\(more) · \(key)", more] }
        let unread = choose("с новыми: \(hidden.unread)", "\(hidden.unread) with unread")
        return ["\(more), \(unread) · \(key)", "\(more) · \(key)", more]
    }

    /// `found` is nil if there is no filter.
    func conversations(found: Int?, of count: Int) -> String {
        if let found { return choose("\(found) из \(count)", "\(found) of \(count)") }
        return counted(count, ("беседа", "беседы", "бесед"), ("conversation", "conversations"))
    }

    private var emptyInbox: String {
        choose(
            "Бесед пока нет. Напишите кому-нибудь: /seller ID. Когда напишут вам, беседа появится здесь.",
            "No conversations yet. Write to somebody: /seller ID. "
                + "When somebody writes to you, the conversation appears here.")
    }

    /// Why a part of the list is empty, and what to do.
    ///
    /// - Parameter hidesSome: Whether there are conversations that this part leaves out.
    func empty(_ selection: InboxView.Selection, keys: KeyBindings, hidesSome: Bool) -> String {
        let all = choose("\(keys.name(of: .escape)) — все беседы", "\(keys.name(of: .escape)): all conversations")
        return switch selection {
        case .usual:
            hidesSome
                ? choose(
                    "Все беседы в архиве: \(keys.name(of: .list(.show(.archived))))",
                    "All conversations are archived: \(keys.name(of: .list(.show(.archived))))")
                : emptyInbox
        case .unanswered: choose("Вы всем ответили. ", "You have answered everyone. ") + all
        case .unread: choose("Всё прочитано. ", "Everything is read. ") + all
        case .archived: choose("В архиве ничего нет. ", "The archive is empty. ") + all
        }
    }

    func noneFound(_ filter: String, key: String) -> String {
        choose("Не найдено: ", "Not found: ") + quoted(filter)
            + choose(". \(key) — все беседы", ". \(key): all conversations")
    }
}

// MARK: - The parts of the list, and flags

extension Texts {
    /// Beside the title of the list. Nil for the usual list.
    func title(of selection: InboxView.Selection) -> String? {
        switch selection {
        case .usual: nil
        case .unanswered: choose("без ответа", "unanswered")
        case .unread: choose("непрочитанные", "unread")
        case .archived: choose("архив", "archive")
        }
    }

    var longestWaitingFirst: String { choose("кто ждёт дольше", "longest waiting") }
    var muted: String { choose("без звука", "muted") }
    var archived: String { choose("в архиве", "archived") }

    /// Behind the first `flagged` of a run.
    var onThisMachineOnly: String { choose(" (только на этом компьютере)", " (on this machine only)") }

    func flagged(_ flag: ConversationFlag, _ isSet: Bool, isMuted: Bool, name: String?) -> String {
        let text =
            switch flag {
            case .muted:
                isSet
                    ? choose("беседа без звука, новые сообщения не учитываются", "muted; new messages are not counted")
                    : choose("звук включён", "unmuted")
            case .archived:
                if !isSet {
                    choose("беседа снова в списке", "back in the list")
                } else if isMuted {
                    choose("беседа в архиве", "archived")
                } else {
                    choose("беседа в архиве, пока не придёт новое сообщение", "archived until a new message arrives")
                }
            case .pinned:
                isSet
                    ? choose("беседа закреплена вверху списка", "pinned to the top")
                    : choose("беседа откреплена", "unpinned")
            case .unread:
                isSet
                    ? choose("беседа отмечена непрочитанной", "marked as unread")
                    : choose("отметка снята", "mark removed")
            }
        return name.map { "\($0): \(text)" } ?? text.asSentence
    }

    /// The mark would change nothing that is to be seen, so it is not set.
    func alreadyUnread(_ name: String) -> String {
        let text = choose("в беседе и так есть непрочитанные сообщения", "there are unread messages already")
        return "\(name): \(text)"
    }
}
