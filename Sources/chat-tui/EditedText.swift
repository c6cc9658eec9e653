import ChatUI
import Foundation
import HostSystem

/// A text in a temporary file that only this user can read, for another program to edit.
struct EditedText {
    /// What happens to the file after editing.
    enum Fate: Equatable {
        /// The file is removed, together with everything that the program left beside it.
        case goes
        /// Only the file is removed. The program was killed; files that it left beside it, such as a swap file, stay.
        case goesAlone
        case stays
    }

    /// The content of the file after editing.
    enum Content: Equatable {
        case text(String)
        /// The text is longer than a draft may be. It was not read to its end.
        case tooLarge
        case unreadable
    }

    private let file: PrivateText

    init(_ text: String) throws(FileProblem) {
        file = try PrivateText(text, name: "message.txt", folder: "chat-tui")
    }

    var path: String { file.path }

    /// The content of the file. Invalid UTF-8 is replaced.
    var content: Content {
        do throws(InputFile.Problem) {
            // Editors add a line break at the end.
            let bytes = try InputFile.contents(of: path, limit: Model.maxDraftBytes + 1)
            return .text(String(decoding: bytes, as: UTF8.self))
        } catch {
            return error == .tooLong ? .tooLarge : .unreadable
        }
    }

    /// - Returns: the path of what is left, if anything is.
    @discardableResult
    func settle(_ fate: Fate) -> String? {
        switch fate {
        case .goes: file.remove()
        case .goesAlone: unlink(path)
        case .stays: break
        }
        if rmdir(file.folder) == 0 || errno == ENOENT { return nil }
        return fate == .goesAlone ? file.folder : path
    }
}
