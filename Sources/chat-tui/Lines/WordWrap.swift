/// Breaks texts between words, for a terminal. A word that is longer than a line stays whole, so that the terminal lets
/// its user copy an address.
enum WordWrap {
    /// - Parameter columns: The width of the terminal. Lines of the text that are shorter stay as they are, and further
    ///   lines have the blanks that the first one begins with.
    static func lines(of text: String, columns: Int) -> String {
        if text.count <= columns { return text }
        let indent = String(text.prefix { $0 == " " })
        var (lines, line) = ([String](), indent)
        for word in text.split(separator: " ") {
            let isEmpty = line.count == indent.count
            if !isEmpty, line.count + 1 + word.count > columns {
                lines.append(line)
                line = indent + word
            } else {
                line += (isEmpty ? "" : " ") + word
            }
        }
        return (lines + [line]).joined(separator: "\n")
    }
}
