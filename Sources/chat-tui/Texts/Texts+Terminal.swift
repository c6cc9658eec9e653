import ChatClient
import ChatUI
import ChatWire
import Terminal

// Messages about the terminal, and those printed after the screen has closed.

extension Texts {
    func terminal(_ error: TerminalError) -> String {
        switch error {
        case .noUTF8Locale:
            choose("нужна локаль UTF-8: попробуйте LC_ALL=C.UTF-8", "a UTF-8 locale is needed: try LC_ALL=C.UTF-8")
        case .notATerminal:
            choose(
                "для экрана нужен терминал; без терминала работают chat-tui send, chat-tui tail и --plain",
                "the screen needs a terminal; without one, use chat-tui send, chat-tui tail or --plain")
        case .terminalNotNamed:
            choose(
                "не задана переменная TERM: попробуйте TERM=xterm-256color",
                "the variable TERM is not set: try TERM=xterm-256color")
        case .unknownTerminal(let name), .cannotAddressCursor(let name):
            choose(
                "терминал TERM=\(UntrustedText(name)) не поддерживается: попробуйте TERM=xterm-256color",
                "the terminal TERM=\(UntrustedText(name)) is not supported: try TERM=xterm-256color")
        case .alreadyInUse:
            choose("терминал уже занят этой программой", "this program is using the terminal already")
        case .systemCall(let name, let number):
            choose(
                "терминал не отвечает: \(name): \(systemError(number))",
                "the terminal does not respond: \(name): \(systemError(number))")
        }
    }

    func stillWaiting(_ count: Int) -> String {
        choose(
            "Ждут отправки: \(count). Сообщения сохранены и уйдут при следующем запуске chat-tui.",
            "Messages waiting to be sent: \(count). They are kept, and go out the next time you start chat-tui.")
    }
}
