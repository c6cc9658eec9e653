import ChatWire

// Capital letters and quotation marks around what others wrote.

extension String {
    /// With a capital first letter.
    public var asSentence: String { prefix(1).uppercased() + dropFirst() }

    /// With a capital first letter, unless the text begins with one of these: nobody's name or ID is rewritten.
    func asSentence(unlessOf foreign: [String]) -> String {
        foreign.contains { !$0.isEmpty && hasPrefix($0) } ? self : asSentence
    }
}

extension Notice {
    /// What the text of the notice may begin with that this program did not write. It is safe to show.
    var foreignBeginnings: [String] {
        switch self {
        case .completions(let values): values.first.map { [UntrustedText($0).displayed()] } ?? []
        case .flagged(_, _, _, let name, _): name.map { [UntrustedText($0).displayed()] } ?? []
        case .alreadyUnread(let name): [UntrustedText(name).displayed()]
        case .offline, .offlineNotKept, .tooManyCharacters, .tooManyBytes, .tooLong, .pasteTooLarge, .unknownCommand,
            .commandTakesNoText, .pressAgainToQuit, .leavingLoses, .nothingFailed, .resendsAutomatically, .copied,
            .nothingToCopy, .nothingToQuote, .productChosen, .noProducts, .noLinks, .inEnglish, .suspiciousLink,
            .pasted, .commands, .noTemplates, .unknownTemplate, .fillIn, .placeholderLeft, .notFound, .noOlderMatch,
            .noNewerMatch, .notSaved, .historyUnavailable, .serverRestored, .olderOnlyOnServer, .emptyDay, .misused,
            .noUnread,
            .connectedAlready, .onlyInConversation, .noConversation, .blocked, .blockUnchanged, .blockingFailed,
            .disk, .storeFailed, .otherProgram:
            []
        }
    }
}

extension Texts {
    /// In quotation marks. Those that the text has of its own become the inner ones of the language.
    func quoted(_ text: String) -> String {
        switch language {
        case .russian: "«" + text.replacing("«", with: "„").replacing("»", with: "“") + "»"
        case .english: "“" + text.replacing("“", with: "‘").replacing("”", with: "’") + "”"
        }
    }

    /// A product in a sentence: its title in quotation marks, or its ID without them.
    func productName(_ label: String) -> String { label.hasPrefix("ID ") ? label : quoted(label) }
}
