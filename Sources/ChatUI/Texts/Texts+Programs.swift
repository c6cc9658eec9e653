import CLibrary
import ChatWire
import SystemErrors

// Messages about other programs.

extension Texts {
    func program(_ news: OtherProgramNews) -> String {
        switch news {
        case .linkNotOpened(let failures): linkNotOpened(failures)
        case .editorMissing: choose("Задайте программу в переменной EDITOR", "Name a program in the variable EDITOR")
        case .noEditorFile(let problem): noEditorFile(problem)
        case .edited(let problem, let path): edited(problem, leaving: path)
        }
    }

    private func linkNotOpened(_ failures: [ProgramFailure]) -> String {
        choose("Ссылка не открыта. ", "The link was not opened. ")
            + (failures.isEmpty
                ? choose("Задайте BROWSER", "Set BROWSER") : failures.map(failure).joined(separator: "; "))
    }

    private var notEdited: String { choose("Текст остался прежним", "The text stays as it was") }

    /// The file for the editor could not be created.
    private func noEditorFile(_ problem: FileProblem) -> String {
        let reason =
            switch problem.reason {
            case .system(ENOENT): choose("нет такой папки, её называет TMPDIR", "no such folder, TMPDIR names it")
            case .system(ENOTDIR): choose("это не папка, её называет TMPDIR", "it is no folder, TMPDIR names it")
            case .system(ENOSPC), .system(EDQUOT): choose("нет места на диске", "the disk is full")
            case .system(EACCES), .system(EROFS): choose("туда нельзя писать", "it cannot be written there")
            case .notAFolder, .notAFile, .link, .foreign, .openToOthers, .otherContent, .system: nil as String?
            }
        let path = UntrustedText(problem.path)
        let sentence = reason.map { "\(path): \($0)" } ?? fileProblem(problem)
        return choose("Не создать файл для редактора. \(sentence)", "There is no file for the editor. \(sentence)")
    }

    /// - Parameter path: The path of what is left after editing, if anything is.
    private func edited(_ problem: EditProblem?, leaving path: String?) -> String {
        let sentence: String? =
            switch problem {
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
        return [sentence, path.map(editorsFileStays)?.asSentence].compactMap(\.self).joined(separator: ". ")
    }

    /// The file of the user's editor stays.
    public func editorsFileStays(_ path: String) -> String {
        let path = UntrustedText(path)
        return choose("файл редактора остался: \(path)", "the editor's file is still there: \(path)")
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
