import ChatWire

/// What follows `/seller`: the ID of a conversation, and behind it perhaps a product.
///
/// An ID may have spaces. Quotes around it say where it ends. Without them, it is the beginning of the text that is the ID
/// of a known conversation; if there are several, the user has to say which.
enum NamedConversation: Equatable {
    case conversation(UserID, product: String)
    /// The text is no ID, or it is blank.
    case invalid
    /// Several words, and no known ID among their beginnings. The first word.
    case unknown(String)
    /// Two known IDs begin the text, the shorter first.
    case ambiguous(String, String)

    private static let quotes: [Character: Character] = ["\"": "\"", "«": "»", "“": "”", "'": "'"]

    /// - Parameter isKnown: Whether there is a conversation with this ID.
    init(_ text: String, isKnown: (UserID) -> Bool) {
        if let (name, rest) = Self.quoted(text) {
            self = Self.id(name).map { .conversation($0, product: rest) } ?? .invalid
            return
        }
        // No ID is longer. A pasted text may be, and each part of it would be tried.
        let scalars = text.unicodeScalars
        let longest = scalars.index(text.startIndex, offsetBy: UserID.maxLength, limitedBy: text.endIndex)
        let ends =
            text.indices.prefix { $0 <= longest ?? text.endIndex }.filter { text[$0].isWhitespace } + [text.endIndex]
        let known = ends.compactMap { end in
            Self.id(String(text[..<end])).flatMap { isKnown($0) ? ($0, String(text[end...])) : nil }
        }
        if known.count > 1 {
            self = .ambiguous(known[0].0.displayed, known[1].0.displayed)
        } else if let (id, rest) = known.first {
            self = .conversation(id, product: MessageLimits.trimmed(rest))
        } else if ends.count > 1, ends[0] > text.startIndex {
            self = .unknown(String(text[..<ends[0]]))
        } else {
            self = Self.id(text).map { .conversation($0, product: "") } ?? .invalid
        }
    }

    /// As on a command line, a blank ID is a mistake.
    private static func id(_ text: String) -> UserID? { UserID(text).flatMap { $0.isBlank ? nil : $0 } }

    /// The text in quotes at the beginning, and what follows. A quote within a word ends nothing.
    static func quoted(_ text: String) -> (name: String, rest: String)? {
        guard let first = text.first, let closing = quotes[first] else { return nil }
        let inner = text.dropFirst()
        let end = inner.indices.first { index in
            let next = inner.index(after: index)
            return inner[index] == closing && (next == inner.endIndex || inner[next].isWhitespace)
        }
        guard let end else { return nil }
        return (String(inner[..<end]), MessageLimits.trimmed(String(inner[end...].dropFirst())))
    }

    /// An ID as the user has to write it. Nil if no quotes can tell where it ends.
    static func written(_ id: String) -> String? {
        let needsQuotes = id.contains(where: \.isWhitespace) || id.first.map { quotes[$0] != nil } == true
        guard needsQuotes else { return id }
        return inQuotes(id).first { text in
            guard let (name, rest) = quoted(text) else { return false }
            return name == id && rest.isEmpty
        }
    }

    /// The text in each kind of quotes.
    static func inQuotes(_ text: String) -> [String] { ["\"\(text)\"", "«\(text)»", "“\(text)”", "'\(text)'"] }
}
