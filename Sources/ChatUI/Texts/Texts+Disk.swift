import CLibrary
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
        case .unsafe(let problem): notBeingSaved(reason(problem), in: problem.path, chooseAnotherFolder)
        case .unusable(let failure): storeFailed(failure)
        }
    }

    public func storeFailed(_ failure: StoreFailure) -> String {
        notBeingSaved(storeFailure(failure), in: server.dataFolder, advice(failure))
    }

    public var historyIsNewer: String {
        notBeingSaved(
            choose("её записала более новая версия chat-tui", "it was written by a newer chat-tui"),
            in: server.dataFolder,
            choose("обновите chat-tui", "update chat-tui"))
    }

    private func notBeingSaved(_ cause: String, in path: String?, _ advice: String?) -> String {
        choose("история не сохраняется: ", "the history is not being saved: ") + problem(cause, path, advice)
    }

    /// The cause comes before the path, because a small window may have no room for all of it.
    private func problem(_ cause: String, _ path: String?, _ advice: String?) -> String {
        cause + (path.map { " (\(shown(path: $0)))" } ?? "") + (advice.map { "; \($0)" } ?? "")
    }

    /// What failed on the disk, the folder of the history, and what to try.
    func storeProblem(_ failure: StoreFailure) -> String {
        problem(storeFailure(failure), server.dataFolder, advice(failure))
    }

    /// Why something could not be read, and the folder of the history.
    public func readingProblem(_ failure: StoreFailure) -> String {
        problem(storeFailure(failure), server.dataFolder, nil)
    }

    /// What failed on the disk, without the folder.
    public func storeFailure(_ failure: StoreFailure) -> String {
        switch failure {
        case .diskFull: choose("нет места на диске", "the disk is full")
        case .damaged: choose("файл истории повреждён", "the history file is damaged")
        case .gone: choose("файлы истории удалены или заменены", "the history files were removed or replaced")
        case .system(let number): systemError(number)
        // SQLite's own words are English; the log has them.
        case .failed: choose("ошибка базы данных", "a database error")
        }
    }

    /// Nil where the cause says it already.
    private func advice(_ failure: StoreFailure) -> String? {
        switch failure {
        case .diskFull, .system(ENOSPC), .system(EDQUOT): choose("освободите место", "free some space")
        // The next start sets a damaged file aside.
        case .damaged: choose("перезапустите chat-tui", "restart chat-tui")
        case .gone: choose("проверьте эту папку", "check this folder")
        case .system(EBUSY), .system(EAGAIN): nil
        case .system, .failed: chooseAnotherFolder
        }
    }

    private var chooseAnotherFolder: String {
        choose("укажите другой --data-dir", "choose another --data-dir")
    }

    private func folderIsOpen(_ path: String) -> String {
        let path = shown(path: path)
        return choose(
            "в папку \(path) могут заглянуть и другие, но прочитать историю они не могут",
            "others can look into the folder \(path), but cannot read the history")
    }

    public func fileProblem(_ problem: FileProblem) -> String {
        "\(shown(path: problem.path)): \(reason(problem))"
    }

    private func reason(_ problem: FileProblem) -> String {
        switch problem.reason {
        case .notAFolder: choose("это не папка", "not a folder")
        case .notAFile: choose("это не обычный файл", "not a regular file")
        case .link: choose("это ссылка, укажите сам файл", "a link; name the file itself")
        case .foreign: choose("принадлежит другому пользователю", "belongs to another user")
        case .openToOthers: choose("писать в эту папку могут все", "anyone may write to this folder")
        case .readableByOthers:
            choose(
                "этот файл могут прочитать и другие; закройте к нему доступ (права 600)",
                "other users can read this file; set its mode to 600")
        case .otherContent: choose("это не журнал chat-tui", "not a log of chat-tui")
        case .system(let number): systemError(number)
        }
    }

    public func historySetAside(_ path: String) -> String {
        let path = shown(path: path)
        return choose(
            "локальную историю не удалось прочитать, файл сохранён как \(path)",
            "the local history could not be read; the file was kept as \(path)")
    }
}
