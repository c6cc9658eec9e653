import ChatUI

/// Recognises pastes on a terminal that does not always bracket them (`PasteMarks`). Otherwise each pasted line would be
/// sent by itself.
///
/// Input that arrives at once is a paste if text follows an Enter in it. A person who types presses Enter last, so a
/// quick Enter, or one line typed ahead over a slow link, is sent as usual. Two lines typed ahead look like a paste:
/// they stay in the input line until one more Enter sends them.
struct UnbracketedPaste {
    /// Whether the paste goes on. Everything that comes now belongs to it, even a lone Enter.
    private(set) var isOpen = false

    /// - Parameter inputs: Everything that arrived at once.
    mutating func take(_ inputs: [Input]) -> [Input] {
        if !isOpen, !Self.isPaste(inputs) { return Self.withoutLineFeeds(inputs) }
        isOpen = true
        var result: [Input] = []
        var text = ""
        for input in inputs {
            if let piece = input.pastedText {
                text += piece
            } else {
                Self.append(&text, to: &result)
                result.append(input)
            }
        }
        Self.append(&text, to: &result)
        return result
    }

    /// Ends the paste, after a silence.
    mutating func end() { isOpen = false }

    private static func isPaste(_ inputs: [Input]) -> Bool {
        var hasEnter = false
        for input in inputs {
            switch input.pastedText {
            case "\r": hasEnter = true
            case "\n": break
            case .some: if hasEnter { return true }
            case nil: hasEnter = false
            }
        }
        return false
    }

    /// Makes one key of an Enter that the terminal sends as CR LF.
    static func withoutLineFeeds(_ inputs: [Input]) -> [Input] {
        inputs.enumerated().filter { place, input in
            !(place > 0 && input.pastedText == "\n" && inputs[place - 1].pastedText == "\r")
        }.map(\.element)
    }

    private static func append(_ text: inout String, to inputs: inout [Input]) {
        let lines = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        if !lines.isEmpty { inputs.append(.paste(lines)) }
        text = ""
    }
}

extension Input {
    /// The text of the key in a paste, with line breaks as they were sent. Nil if it has none.
    fileprivate var pastedText: String? {
        guard case .key(let key) = self else { return nil }
        switch (key.code, key.modifiers) {
        case (.character(let character), []): return String(character)
        case (.enter, []): return "\r"
        case (.enter, .alt): return "\n"
        case (.tab, []): return "\t"
        default: return nil
        }
    }
}
