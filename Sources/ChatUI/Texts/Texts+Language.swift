// The only English words of the Russian interface: for those who cannot read it.

extension Texts {
    /// From the longest to the shortest; the first that fits is shown.
    static func inEnglish(_ hint: EnglishHint) -> [String] {
        switch hint {
        case .flag:
            ["For English, add --lang en, or set lang = \"en\" in config.toml", "For English, add --lang en"]
        case .variable:
            ["For English, set CHAT_TUI_LANG=en, as in CHAT_TUI_LANG=en make run", "For English, set CHAT_TUI_LANG=en"]
        }
    }

    /// The same in one line of any length.
    public static func lineInEnglish(_ hint: EnglishHint) -> String { inEnglish(hint)[0] }
}
