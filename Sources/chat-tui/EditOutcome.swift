import ChatUI
import HostSystem

/// What happens to a draft after the user edited it in another program.
struct EditOutcome: Equatable {
    /// The new draft; nil to keep the old one.
    var text: String?
    var problem: EditProblem?
    var fate: EditedText.Fate

    /// Decides what becomes of the draft. If the editor exits with an error, as with `:cq` in vi, the user does not
    /// want the text. If another process ended the editor, the user wants what was saved.
    ///
    /// - Parameters:
    ///   - content: The content of the file.
    ///   - failure: Nil if the editor exited with success, or still runs.
    ///   - isEnding: Whether this program and the editor were asked to end.
    init(original: String, content: EditedText.Content, end: ChildEnd, failure: ProgramFailure?, isEnding: Bool) {
        let isCut = isEnding || end == .left || failure?.isKilled == true
        if let failure, !isCut {
            (problem, fate) = (.failed(failure), .goes)
            return
        }
        let saved: String
        switch content {
        case .text(let text) where Model.acceptsEdited(text): saved = text
        case .text, .tooLarge:
            (problem, fate) = (.tooLarge, .stays)
            return
        case .unreadable:
            (problem, fate) = (failure.map(EditProblem.failed) ?? .unreadable, .stays)
            return
        }
        fate = end == .left ? .stays : isCut ? .goesAlone : .goes
        // The editor may have been interrupted before it wrote the text.
        let isUnfinished = saved.allSatisfy(\.isWhitespace) || Self.isSame(saved, original)
        if isCut, isUnfinished {
            problem = failure.map(EditProblem.failed)
        } else {
            text = saved
            problem = failure.map(EditProblem.savedBefore)
        }
    }

    /// Compares without the line break that editors add at the end.
    private static func isSame(_ saved: String, _ original: String) -> Bool {
        saved.utf8.elementsEqual(original.utf8) || saved.utf8.elementsEqual((original + "\n").utf8)
    }
}

extension ProgramFailure {
    fileprivate var isKilled: Bool { if case .killed = reason { true } else { false } }
}
