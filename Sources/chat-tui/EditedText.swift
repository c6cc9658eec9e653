import ChatUI
import Foundation
import HostSystem

/// A text in a file that only this user can read, for as long as another program edits it.
struct EditedText {
    /// What becomes of the file.
    enum Fate: Equatable {
        /// It goes, with all that the program left beside it.
        case goes
        /// It goes; what a program that could not end by itself left beside it, such as what it had not saved, stays.
        case goesAlone
        case stays
    }

    /// What is in the file.
    enum Content: Equatable {
        case text(String)
        /// More than the input line takes. It was not read to its end, which may be far.
        case tooLarge
        case unreadable
    }

    let path: String
    private let folder: String

    init(_ text: String) throws(FileProblem) {
        folder = try PrivateFile.makeTemporaryFolder("chat-tui")
        path = folder + "/message.txt"
        do throws(FileProblem) {
            let descriptor = try PrivateFile.make(path)
            defer { close(descriptor) }
            if let number = StandardDescriptors.write(text, to: descriptor) {
                throw FileProblem(path: path, reason: .system(number))
            }
        } catch {
            settle(.goes)
            throw error
        }
    }

    /// What is in it, whatever the program made of the bytes.
    var content: Content {
        do throws(InputFile.Problem) {
            // Editors put a line break at the end.
            let bytes = try InputFile.contents(of: path, limit: Model.maxDraftBytes + 1)
            return .text(String(decoding: bytes, as: UTF8.self))
        } catch {
            return error == .tooLong ? .tooLarge : .unreadable
        }
    }

    /// - Returns: where something is left.
    @discardableResult
    func settle(_ fate: Fate) -> String? {
        switch fate {
        case .goes: try? FileManager.default.removeItem(atPath: folder)
        case .goesAlone: unlink(path)
        case .stays: break
        }
        if rmdir(folder) == 0 || errno == ENOENT { return nil }
        return fate == .goesAlone ? folder : path
    }
}
