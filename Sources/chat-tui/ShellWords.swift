/// Splits a text into words as a POSIX shell does (XCU 2.2): at blanks, with the three kinds of quoting. Variables,
/// commands and patterns are not expanded.
enum ShellWords {
    /// The words of each part. Parts are divided by unquoted separators.
    /// - Returns: nil if a quote is not closed.
    static func parts(of text: String, separator: Character? = nil) -> [[String]]? {
        var parts: [[String]] = [[]]
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                // Between double quotes a backslash is literal, except before these characters.
                if quote != nil, !"\"\\$`".contains(character) { word = (word ?? "") + "\\" }
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if let open = quote {
                if character == open {
                    quote = nil
                } else if character == "\\", open == "\"" {
                    isEscaped = true
                } else {
                    word = (word ?? "") + String(character)
                }
            } else {
                switch character {
                case "\\": isEscaped = true
                case "'", "\"":
                    quote = character
                    word = word ?? ""
                case " ", "\t", "\n", separator:
                    if let whole = word { parts[parts.count - 1].append(whole) }
                    word = nil
                    if character == separator { parts.append([]) }
                default: word = (word ?? "") + String(character)
                }
            }
        }
        guard quote == nil, !isEscaped else { return nil }
        if let whole = word { parts[parts.count - 1].append(whole) }
        return parts
    }
}
