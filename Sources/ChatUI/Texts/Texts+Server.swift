import ChatWire

// What servers say in words of their own.

extension Texts {
    /// A server's own text, as a part of a sentence. In another language than the interface's it is marked as a
    /// quotation, and the texts that every server of the protocol uses are translated. Safe to show.
    func serversOwn(_ message: UntrustedText) -> String {
        switch message {
        case ServerText.processingFailed:
            return choose("сервер не смог обработать сообщение", "the server could not process the message")
        case ServerText.storageFailed: return choose("сервер не смог сохранить", "the server could not store it")
        default:
            let shown = message.displayed()
            if shown.isEmpty || isInOwnLanguage(shown) { return shown }
            return choose("ответ сервера: ", "the server says ") + quoted(shown)
        }
    }

    private func isInOwnLanguage(_ text: String) -> Bool {
        let cyrillic = text.unicodeScalars.contains { (0x400...0x4FF).contains($0.value) }
        let latin = text.unicodeScalars.contains { $0.isASCII && $0.properties.isAlphabetic }
        return switch language {
        case .russian: cyrillic || !latin
        case .english: !cyrillic
        }
    }
}
