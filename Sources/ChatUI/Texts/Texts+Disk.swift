import ChatWire
import ClientUpdates
import SystemErrors

// Messages about the history's files on disk.

extension Texts {
    func disk(_ problem: DiskProblem) -> String {
        switch problem {
        case .setAside(let path): historySetAside(path)
        case .folderIsOpen(let path): folderIsOpen(path)
        case .newer: historyIsNewer
        case .unsafe(let problem): historyUnsafe(problem)
        case .unusable(let failure): storeFailed(failure)
        }
    }

    private func historyUnsafe(_ problem: FileProblem) -> String {
        let reason = fileProblem(problem)
        return choose("история не сохраняется: \(reason)", "the history is not being saved: \(reason)")
    }

    private func folderIsOpen(_ path: String) -> String {
        let path = UntrustedText(path)
        return choose(
            "папку \(path) видят и другие, читать историю они не могут",
            "others can look into the folder \(path), but not read the history")
    }

    public func fileProblem(_ problem: FileProblem) -> String {
        let path = UntrustedText(problem.path)
        let reason =
            switch problem.reason {
            case .notAFolder: choose("это не папка", "it is not a folder")
            case .notAFile: choose("это не обычный файл", "it is not a regular file")
            case .link: choose("это ссылка, укажите сам файл", "it is a link, name the file itself")
            case .foreign: choose("владелец другой", "it belongs to another user")
            case .openToOthers: choose("папка открыта всем на запись", "anybody may write to this folder")
            case .otherContent: choose("там не журнал chat-tui", "it holds no log of chat-tui")
            case .system(let number): systemError(number)
            }
        return "\(path): \(reason)"
    }

    public func historySetAside(_ path: String) -> String {
        let path = UntrustedText(path)
        return choose(
            "локальная история не читалась, она отложена в \(path)",
            "the local history could not be read, it was set aside as \(path)")
    }

    public var historyIsNewer: String {
        choose(
            "локальная история от более новой версии chat-tui: она не меняется, и здесь ничего не сохраняется",
            "the local history was made by a newer chat-tui: it is left as it is, and nothing is saved here")
    }
}
