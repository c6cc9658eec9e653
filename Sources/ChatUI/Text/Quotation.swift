import ChatWire

/// Quotations: the lines at the beginning of a message that begin with `> `. They are a part of its text, so that every
/// other program shows them, too.
enum Quotation {
    static let mark = "> "
    private static let maxLines = 3
    private static let maxCharacters = 160

    /// The number of lines at the beginning of a text that are a quotation.
    static func lineCount(of text: some StringProtocol) -> Int {
        guard text.first == ">" else { return 0 }
        return text.split(separator: "\n", omittingEmptySubsequences: false).prefix { isQuoted($0) }.count
    }

    private static func isQuoted(_ line: some StringProtocol) -> Bool { line.hasPrefix(mark) || line == ">" }

    /// The quoted line without its mark.
    static func content(of line: some StringProtocol) -> String { String(line.dropFirst(line.hasPrefix(mark) ? 2 : 1)) }

    /// What a message says itself, without what it quotes.
    static func own(of text: String) -> String {
        let quoted = lineCount(of: text)
        guard quoted > 0 else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(quoted).joined(separator: "\n")
    }

    /// A message as a quotation, with a line break behind it.
    ///
    /// What the message quotes is left out, unless it says nothing else, so that quotations of quotations do not grow.
    /// Of the rest the first three lines that are not blank are taken, at most 160 characters in all; `…` says that
    /// there is more. Nil if the message has nothing to quote.
    static func quoting(_ text: String) -> String? {
        let all = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let quoted = all.prefix { isQuoted($0) }
        var lines = all.dropFirst(quoted.count).map { MessageLimits.trimmed(String($0)) }.filter { !$0.isEmpty }
        if lines.isEmpty {
            lines = quoted.map { MessageLimits.trimmed(String($0.drop { $0 == ">" || $0 == " " })) }
                .filter { !$0.isEmpty }
        }
        guard !lines.isEmpty else { return nil }
        var isShortened = lines.count > maxLines
        var taken: [String] = []
        var room = maxCharacters
        for line in lines.prefix(maxLines) where room > 0 {
            if line.count > room { isShortened = true }
            taken.append(String(line.prefix(room)))
            room -= line.count
        }
        if taken.count < min(lines.count, maxLines) { isShortened = true }
        if isShortened { taken[taken.count - 1] = MessageLimits.trimmed(taken[taken.count - 1]) + "…" }
        return taken.map { mark + $0 + "\n" }.joined()
    }

    /// A draft with this quotation at its beginning, in place of the one that it has.
    static func draft(_ draft: String, quoting quotation: String) -> String { quotation + own(of: draft) }
}
