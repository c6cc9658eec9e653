// Templates: texts that the user sends often.

extension Texts {
    var noTemplates: String {
        choose(
            "Шаблонов нет: добавьте их в раздел [templates] файла config.toml и перезапустите chat-tui",
            "No templates: add them to [templates] in config.toml, then restart chat-tui")
    }

    func unknownTemplate(_ name: String, nearest: [String]) -> String {
        let name = name.count > 20 ? name.prefix(19) + "…" : name[...]
        let hint =
            nearest.isEmpty
            ? choose("; список: /t", "; /t lists them")
            : choose("; похожие: ", "; similar: ") + nearest.joined(separator: ", ")
        return choose("Нет шаблона ", "No template ") + quoted(String(name)) + hint
    }

    /// A template was inserted, and some of its placeholders have no value.
    func fillIn(_ missing: [Template.Placeholder]) -> String {
        let known = Set(missing)
        if known.count > 1 {
            return choose(
                "Имя и товар неизвестны: впишите их вместо {name} и {product}",
                "Name and product are unknown: replace {name} and {product}")
        }
        return known.contains(.name)
            ? choose("Имя неизвестно: впишите его вместо {name}", "The name is unknown: replace {name}")
            : choose("Товар неизвестен: впишите его вместо {product}", "The product is unknown: replace {product}")
    }

    func placeholderLeft(_ placeholder: Template.Placeholder) -> String {
        choose(
            "В тексте осталось \(placeholder.written). Enter ещё раз — отправить так",
            "\(placeholder.written) is still in the text; Enter again sends it as it is")
    }

    // MARK: - Without a screen

    func templateReady(_ name: String) -> String {
        choose("Шаблон \(quoted(name)), не отправлено:", "Template \(quoted(name)), not sent:")
    }

    var templateKeys: String {
        choose("/resend отправит, /discard удалит", "/resend sends it, /discard deletes it")
    }

    /// Below a template that was prepared while other messages wait: what goes with it.
    func templateWaits(among excerpts: [String]) -> String {
        let messages = counted(
            excerpts.count, ("сообщение", "сообщения", "сообщений"), ("message", "messages"))
        let listed = excerpts.map(quoted).joined(separator: ", ")
        return choose(
            "Ещё не отправлено \(messages): \(listed). /resend отправит все, /discard удалит все",
            "Not sent yet: \(messages), \(listed). /resend sends all of them, /discard deletes all of them")
    }

    /// A template with an unknown value cannot be completed in a line that is already read.
    func templateIncomplete(_ missing: [Template.Placeholder]) -> String {
        let names = missing.map(\.written).joined(separator: ", ")
        return choose(
            "Неизвестно: \(names). Напишите это сообщение сами", "Unknown: \(names). Write this message yourself")
    }
}
