import ChatClient
import ChatUI
import Terminal

// Messages about the terminal, and those printed after the screen has closed.

extension Texts {
    func terminal(_ error: TerminalError) -> String {
        switch error {
        case .noUTF8Locale:
            choose("нужна локаль UTF-8: попробуйте LC_ALL=C.UTF-8", "a UTF-8 locale is needed: try LC_ALL=C.UTF-8")
        case .notATerminal:
            choose(
                "экрану нужен терминал; без него есть chat-tui send, chat-tui tail и --plain",
                "the screen needs a terminal; without one there are chat-tui send, chat-tui tail and --plain")
        case .terminalNotNamed:
            choose(
                "не задана переменная TERM: попробуйте TERM=xterm-256color",
                "the variable TERM is not set: try TERM=xterm-256color")
        case .unknownTerminal, .cannotAddressCursor:
            choose(
                "этому терминалу (TERM) экран не нарисовать: попробуйте TERM=xterm-256color",
                "this terminal (TERM) cannot show a screen: try TERM=xterm-256color")
        case .alreadyInUse, .systemCall:
            choose("терминал не отвечает: \(error)", "the terminal does not answer: \(error)")
        }
    }

    func stillWaiting(_ count: Int) -> String {
        choose(
            "Ждут отправки сообщений: \(count). Они сохранены и уйдут при следующем запуске.",
            "Messages that wait to be sent: \(count). They are kept, and go the next time you start chat-tui.")
    }
}
