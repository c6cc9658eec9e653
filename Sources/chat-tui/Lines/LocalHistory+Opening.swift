import ChatUI
import LocalStore

extension LocalHistory {
    /// Opens the history for a command that only reads.
    /// - Parameter sentence: What to say if there is none.
    static func open(
        _ settings: ConnectionSettings, _ texts: Texts, ifMissing sentence: String
    ) throws(CommandFailure) -> LocalHistory {
        do throws(OpenError) {
            return try LocalHistory(
                folder: settings.dataFolder, server: settings.server.identity, user: settings.user)
        } catch {
            throw switch error {
            case .missing: CommandFailure(sentence: sentence, code: CommandFailure.Code.noInput)
            case .newer: unreadable(texts.storeIsNewer(settings))
            case .unsafe(let problem): unreadable(texts.fileProblem(problem))
            case .unreadable(let failure): unreadable(texts.historyUnreadable(failure))
            }
        }
    }

    private static func unreadable(_ sentence: String) -> CommandFailure {
        CommandFailure(sentence: sentence, code: CommandFailure.Code.output)
    }
}
