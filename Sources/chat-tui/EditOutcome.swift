import ChatUI
import Terminal

/// What comes of a draft that was in the user's editor.
struct EditOutcome: Equatable {
    enum Word: Equatable {
        /// The draft stays as it was.
        case failed(ProgramFailure)
        /// What the editor had saved until then is the draft.
        case savedBefore(ProgramFailure)
        case unreadable
        /// More than the input line takes.
        case tooLarge
    }

    /// Takes the draft's place.
    var text: String?
    var word: Word?
    var fate: EditedText.Fate

    /// Whoever ends an editor with an error, as `:cq` does in vi, does not want what they wrote. One that somebody else ended
    /// has saved what the user wanted.
    ///
    /// - Parameters:
    ///   - content: what is in the file.
    ///   - failure: nil where the editor ended well, or runs on.
    ///   - isEnding: this program was asked to end, and so was the editor.
    init(original: String, content: EditedText.Content, end: ChildEnd, failure: ProgramFailure?, isEnding: Bool) {
        let isCut = isEnding || end == .left || failure?.isKilled == true
        if let failure, !isCut {
            (word, fate) = (.failed(failure), .goes)
            return
        }
        let saved: String
        switch content {
        case .text(let text) where Model.takesEdited(text): saved = text
        case .text, .tooLarge:
            (word, fate) = (.tooLarge, .stays)
            return
        case .unreadable:
            (word, fate) = (failure.map(Word.failed) ?? .unreadable, .stays)
            return
        }
        fate = end == .left ? .stays : isCut ? .goesAlone : .goes
        // It may have been about to write it.
        let isUnfinished = saved.allSatisfy(\.isWhitespace) || Self.isSame(saved, original)
        if isCut, isUnfinished {
            word = failure.map(Word.failed)
        } else {
            text = saved
            word = failure.map(Word.savedBefore)
        }
    }

    /// But for the line break that editors put at the end.
    private static func isSame(_ saved: String, _ original: String) -> Bool {
        saved.utf8.elementsEqual(original.utf8) || saved.utf8.elementsEqual((original + "\n").utf8)
    }
}

extension ProgramFailure {
    fileprivate var isKilled: Bool { if case .killed = reason { true } else { false } }
}
