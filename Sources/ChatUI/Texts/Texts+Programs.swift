import CLibrary
import ChatWire
import SystemErrors

// Messages about other programs.

extension Texts {
    func program(_ news: OtherProgramNews) -> String {
        switch news {
        case .linkNotOpened(let failures): linkNotOpened(failures)
        case .editorMissing: choose("Задайте редактор в переменной EDITOR", "Name an editor in the variable EDITOR")
        case .noEditorFile(let problem): noEditorFile(problem)
        case .edited(let problem, let path): edited(problem, leaving: path)
        }
    }

    private func linkNotOpened(_ failures: [ProgramFailure]) -> String {
        choose("Ссылка не открылась. ", "The link was not opened. ")
            + (failures.isEmpty
                ? choose("Задайте переменную BROWSER", "Set the variable BROWSER")
                : failures.map(failure).joined(separator: "; "))
    }

    private var notEdited: String { choose("Текст остался прежним", "The text was not changed") }

    /// The file for the editor could not be created.
    private func noEditorFile(_ problem: FileProblem) -> String {
        let reason =
            switch problem.reason {
            case .system(ENOENT): choose("нет такой папки (из TMPDIR)", "no such folder (from TMPDIR)")
            case .system(ENOTDIR): choose("это не папка (из TMPDIR)", "not a folder (from TMPDIR)")
            case .system(ENOSPC), .system(EDQUOT): choose("нет места на диске", "the disk is full")
            case .system(EACCES), .system(EROFS): choose("туда нельзя писать", "no permission to write there")
            case .notAFolder, .notAFile, .link, .foreign, .openToOthers, .readableByOthers, .otherContent, .system:
                nil as String?
            }
        let path = shown(path: problem.path)
        let sentence = reason.map { "\(path): \($0)" } ?? fileProblem(problem)
        return choose(
            "Не удалось создать файл для редактора. \(sentence)", "Could not create a file for the editor. \(sentence)")
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
                choose(
                    "\(notEdited): файл редактора не удалось прочитать",
                    "\(notEdited): the editor's file cannot be read")
            case .tooLarge:
                choose(
                    "\(notEdited): строка вмещает \(Model.maxDraftBytes / 1024) КиБ, а написано больше",
                    "\(notEdited): the line holds \(Model.maxDraftBytes / 1024) KiB, and this is more")
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
            case .notStarted(EACCES): choose("нет прав на запуск", "no permission to run it")
            case .notStarted(ENOEXEC): choose("это не программа", "it is not a program")
            case .notStarted(let number): systemError(number)
            case .shell: choose("оболочка приняла бы адрес за команду", "a shell would take the address for a command")
            case .unclosedQuote: choose("не закрыта кавычка", "a quote is not closed")
            case .exited(let code): choose("код завершения \(code)", "exit code \(code)")
            case .killed(let signal): choose("конец по сигналу \(signal)", "ended by signal \(signal)")
            }
        return "\(UntrustedText(failure.program).label()): \(reason)"
    }
}
