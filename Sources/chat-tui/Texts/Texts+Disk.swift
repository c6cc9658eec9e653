import ChatClient
import ChatUI
import ChatWire

// What is said of the history on disk.

extension Texts {
    func storeFailed(_ failure: StoreFailure) -> String {
        let reason = storeFailure(failure)
        return choose("история не сохраняется: \(reason)", "the history is not being saved: \(reason)")
    }

    func storeFailure(_ failure: StoreFailure) -> String {
        switch failure {
        case .diskFull: choose("нет места на диске", "the disk is full")
        case .damaged: choose("файл повреждён", "the file is damaged")
        case .failed(let reason): UntrustedText(reason).displayed()
        }
    }

    var notStored: String { choose("на этом компьютере её нет", "this machine does not have it") }

    func historySetAside(_ path: String) -> String {
        let path = UntrustedText(path)
        return choose(
            "локальная история не читалась, она отложена в \(path)",
            "the local history could not be read, it was set aside as \(path)")
    }

    var historyIsNewer: String {
        choose(
            "локальная история от более новой версии chat-tui: здесь она не меняется",
            "the local history was made by a newer chat-tui: it is left as it is")
    }
}
