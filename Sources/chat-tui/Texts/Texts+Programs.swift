import CLibrary
import ChatUI
import ChatWire
import HostSystem

// Messages about other programs.

extension Texts {
    func linkNotOpened(_ failures: [ProgramFailure]) -> String {
        choose("Ссылка не открыта. ", "The link was not opened. ")
            + (failures.isEmpty
                ? choose("Задайте BROWSER", "Set BROWSER") : failures.map(failure).joined(separator: "; "))
    }

    var editorMissing: String {
        choose("Задайте программу в переменной EDITOR", "Name a program in the variable EDITOR")
    }

    private var notEdited: String { choose("Текст остался прежним", "The text stays as it was") }

    /// The file for the editor could not be created.
    func notEdited(_ problem: FileProblem) -> String {
        let reason =
            switch problem.reason {
            case .system(ENOENT): choose("нет такой папки, её называет TMPDIR", "no such folder, TMPDIR names it")
            case .system(ENOTDIR): choose("это не папка, её называет TMPDIR", "it is no folder, TMPDIR names it")
            case .system(ENOSPC), .system(EDQUOT): choose("нет места на диске", "the disk is full")
            case .system(EACCES), .system(EROFS): choose("туда нельзя писать", "it cannot be written there")
            default: nil as String?
            }
        let path = UntrustedText(problem.path)
        let sentence = reason.map { "\(path): \($0)" } ?? fileProblem(problem)
        return choose("Не создать файл для редактора. \(sentence)", "There is no file for the editor. \(sentence)")
    }

    /// - Parameter path: The path of what is left after editing, if anything is.
    func edited(_ word: EditOutcome.Word?, leaving path: String?) -> String? {
        let sentence: String? =
            switch word {
            case .failed(let problem): "\(notEdited). \(failure(problem))"
            case .savedBefore(let problem):
                choose("Взято то, что редактор успел сохранить. ", "This is what the editor had saved. ")
                    + failure(problem)
            case .unreadable:
                choose("\(notEdited): файл редактора не читается", "\(notEdited): the editor's file cannot be read")
            case .tooLarge:
                choose(
                    "\(notEdited): в строку входит \(Model.maxDraftBytes / 1024) КиБ, а написано больше",
                    "\(notEdited): the line takes \(Model.maxDraftBytes / 1024) KiB, and this is more")
            case nil: nil
            }
        let sentences = [sentence, path.map(editorsFileStays)?.asSentence].compactMap(\.self)
        return sentences.isEmpty ? nil : sentences.joined(separator: ". ")
    }

    private func failure(_ failure: ProgramFailure) -> String {
        let reason =
            switch failure.reason {
            case .notStarted(ENOENT): choose("нет такой программы", "no such program")
            case .notStarted(EACCES): choose("нет прав на запуск", "it may not be run")
            case .notStarted(ENOEXEC): choose("это не программа", "it is not a program")
            case .notStarted(let number): systemError(number)
            case .shell: choose("оболочка приняла бы адрес за команду", "a shell would take the address for a command")
            case .unclosedQuote: choose("не закрыта кавычка", "a quote is not closed")
            case .exited(let code): choose("завершилась с кодом \(code)", "it ended with exit code \(code)")
            case .killed(let signal): choose("прервана сигналом \(signal)", "it was ended by signal \(signal)")
            }
        return "\(UntrustedText(failure.program).label()): \(reason)"
    }
}
