import ChatUI
import ChatWire
import Glibc

// What is said of other programs.

extension Texts {
    func linkNotOpened(_ failures: [ProgramFailure]) -> String {
        choose("Ссылка не открыта. ", "The link was not opened. ")
            + (failures.isEmpty
                ? choose("Задайте BROWSER", "Set BROWSER") : failures.map(failure).joined(separator: "; "))
    }

    var editorMissing: String {
        choose("Задайте программу в переменной EDITOR", "Name a program in the variable EDITOR")
    }

    var notEdited: String { choose("Текст остался прежним", "The text stays as it was") }

    func notEdited(_ problem: ProgramFailure) -> String { "\(notEdited). \(failure(problem))" }

    private func failure(_ failure: ProgramFailure) -> String {
        let reason =
            switch failure.reason {
            case .notStarted(ENOENT): choose("нет такой программы", "no such program")
            case .notStarted(EACCES): choose("нет прав на запуск", "it may not be run")
            case .notStarted(ENOEXEC): choose("это не программа", "it is not a program")
            case .notStarted(let number): String(cString: strerror(number))
            case .shell: choose("оболочка приняла бы адрес за команду", "a shell would take the address for a command")
            case .unclosedQuote: choose("не закрыта кавычка", "a quote is not closed")
            case .exited(let code): choose("завершилась с кодом \(code)", "it ended with exit code \(code)")
            case .killed(let signal): choose("прервана сигналом \(signal)", "it was ended by signal \(signal)")
            }
        return "\(UntrustedText(failure.program).label()): \(reason)"
    }
}
