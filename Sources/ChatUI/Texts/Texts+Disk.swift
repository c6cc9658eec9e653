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
            "в папку \(path) могут заглянуть и другие, но прочитать историю они не могут",
            "others can look into the folder \(path), but cannot read the history")
    }

    public func fileProblem(_ problem: FileProblem) -> String {
        let path = UntrustedText(problem.path)
        let reason =
            switch problem.reason {
            case .notAFolder: choose("это не папка", "it is not a folder")
            case .notAFile: choose("это не обычный файл", "it is not a regular file")
            case .link: choose("это ссылка, укажите сам файл", "it is a link; name the file itself")
            case .foreign: choose("принадлежит другому пользователю", "it belongs to another user")
            case .openToOthers: choose("писать в эту папку могут все", "anyone may write to this folder")
            case .readableByOthers:
                choose(
                    "этот файл могут прочитать и другие; закройте к нему доступ (права 600)",
                    "other users can read this file; set its mode to 600")
            case .otherContent: choose("это не журнал chat-tui", "it is not a log of chat-tui")
            case .system(let number): systemError(number)
            }
        return "\(path): \(reason)"
    }

    public func historySetAside(_ path: String) -> String {
        let path = UntrustedText(path)
        return choose(
            "локальную историю не удалось прочитать, файл сохранён как \(path)",
            "the local history could not be read; the file was kept as \(path)")
    }

    public var historyIsNewer: String {
        choose(
            "локальную историю записала более новая версия chat-tui: она не меняется, и здесь ничего не сохраняется",
            "a newer chat-tui wrote the local history: it stays as it is, and nothing is saved here")
    }
}
