import ChatUI
import ChatWire
import ConfigFile
import Terminal

/// Asks the user of a command, and says what happens between the questions. Both go to standard error.
final class Questions {
    private let texts: Texts
    private let terminal: QuestionTerminal?

    init(_ texts: Texts) {
        self.texts = texts
        terminal = QuestionTerminal()
    }

    /// Before the service does something that only an answer can complete.
    func requireTerminal() throws(UsageFailure) {
        if terminal == nil { throw UsageFailure(sentence: texts.noTerminalForQuestion(nil)) }
    }

    /// A line without the blanks around it.
    /// - Parameter flag: What answers the question where there is no terminal. Nil: nothing does.
    func line(_ question: String, or flag: String? = nil) throws -> String {
        MessageLimits.trimmed(try ask(question, isSecret: false, or: flag))
    }

    /// A line as it was typed; the terminal does not show it.
    func secret(_ question: String) throws -> String {
        try ask(question, isSecret: true, or: nil)
    }

    func email() throws -> String {
        while true {
            let text = try line(texts.emailQuestion, or: "--email")
            if EmailAddress.isPlausible(text) { return text }
            say(texts.notAnEmail)
        }
    }

    private func ask(_ question: String, isSecret: Bool, or flag: String?) throws -> String {
        guard let terminal else { throw UsageFailure(sentence: texts.noTerminalForQuestion(flag)) }
        while true {
            switch terminal.ask(question, isSecret: isSecret) {
            case .line(let line): return line
            case .notUTF8: say(texts.notUTF8Answer)
            case .end: throw CommandFailure(code: CommandFailure.Code.interrupted)
            case .signal(let number): throw CommandFailure(code: 128 + number)
            }
        }
    }

    func say(_ sentence: String) {
        let text = UntrustedText(sentence).displayed()
        StandardError.write(terminal.map { Self.lines(of: text, columns: $0.columns) } ?? text)
    }

    func complain(_ sentence: String) { say("chat-tui: \(sentence)") }

    /// The text with line breaks between words. An address is one word, and stays whole.
    private static func lines(of text: String, columns: Int) -> String {
        var (lines, line) = ([String](), "")
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > columns {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return (lines + [line]).joined(separator: "\n")
    }
}
