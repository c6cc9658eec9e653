import ChatUI

/// Finds what was pasted on a terminal that does not bracket it, such as the Linux console. Otherwise each line would be
/// sent by itself.
///
/// What arrives at once is pasted if a text follows an Enter in it. Whoever types presses Enter last, so that a quick
/// Enter, and a line typed ahead over a slow link, are sent as ever. Two lines that were typed ahead look like a paste: they
/// stay in the input line, where one more Enter sends them.
struct UnbracketedPaste {
    /// The paste goes on: what comes now belongs to it, an Enter alone too.
    private(set) var isOpen = false

    /// - Parameter inputs: all that came at once.
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

    /// Nothing more came for a while.
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

    /// An Enter that a terminal sends as CR LF is one key.
    private static func withoutLineFeeds(_ inputs: [Input]) -> [Input] {
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
    /// What the key stands for in a pasted text, line breaks as they were sent. Nil for what is no text.
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
