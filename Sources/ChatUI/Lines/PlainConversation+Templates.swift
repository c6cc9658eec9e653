import ChatWire
import ClientUpdates

/// Templates without a screen: a line that was read cannot be put into another one, so a template waits like a line that
/// was typed without a connection. `/resend` sends it.
extension PlainConversation {
    mutating func useTemplate(_ name: String) {
        let templates = preferences.templates
        if templates.isEmpty { return refuseTemplate(.noTemplates) }
        if name.isEmpty {
            for template in templates {
                say("\(template.name): \(excerpt(UntrustedText(template.text)))")
            }
            return
        }
        guard let template = templates.named(name) else {
            return refuseTemplate(.unknownTemplate(name, nearest: templates.names(near: name)))
        }
        let filled = template.filled(state.templateValues(of: nil))
        let text = MessageLimits.trimmed(filled.text)
        say(texts.templateReady(template.name))
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) { say("  \(line)") }
        guard filled.missing.isEmpty else {
            hasFailed = true
            return say(texts.templateIncomplete(filled.missing))
        }
        unsentLines.append(Draft(text, product: state.productToBegin))
        saveDraft()
        guard unsentLines.count > 1 else { return say(texts.templateKeys) }
        say(texts.templateWaits(among: unsentLines.map { excerpt(UntrustedText($0.text)) }))
    }

    private mutating func refuseTemplate(_ notice: Notice) {
        hasFailed = true
        say(texts.notice(notice))
    }
}
