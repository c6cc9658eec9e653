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

    /// Whether there is a terminal to ask.
    var canAsk: Bool { terminal != nil }

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

    /// - Parameter before: The address that Enter takes again.
    func email(before: String? = nil) throws -> String {
        while true {
            let text = try line(before.map { texts.emailAgainQuestion($0) } ?? texts.emailQuestion, or: "--email")
            if text.isEmpty, let before { return before }
            if EmailAddress.isPlausible(text) { return text }
            say(texts.notAnEmail)
        }
    }

    /// One of several, which have numbers. Enter without a number takes the first one.
    /// - Parameters:
    ///   - choices: What can be typed in place of the number, and how it is shown.
    ///   - flag: See `line`.
    /// - Returns: the index of the choice.
    func choice(_ title: String, of choices: [(name: String, text: String)], or flag: String) throws -> Int {
        say(title)
        for (index, choice) in choices.enumerated() { say("  \(index + 1). \(choice.text)") }
        while true {
            let answer = try line(texts.numberQuestion, or: flag)
            if answer.isEmpty { return 0 }
            if let number = Int(answer), choices.indices.contains(number - 1) { return number - 1 }
            let fitting = choices.indices.filter { choices[$0].name.hasPrefix(answer.lowercased()) }
            if let exact = fitting.first(where: { choices[$0].name == answer }) { return exact }
            if fitting.count == 1 { return fitting[0] }
            say(texts.numberIsUpTo(choices.count))
        }
    }

    private func ask(_ question: String, isSecret: Bool, or flag: String?) throws -> String {
        guard let terminal else { throw UsageFailure(sentence: texts.noTerminalForQuestion(flag)) }
        while true {
            // The answer begins behind the last line of the question.
            let question = WordWrap.lines(of: question.trimmedEnd, columns: terminal.columns - 1) + " "
            switch terminal.ask(question, isSecret: isSecret) {
            case .line(let line): return line
            case .notUTF8: say(texts.notUTF8Answer)
            case .end: throw CommandFailure(code: CommandFailure.Code.interrupted)
            case .signal(let number): throw CommandFailure(code: 128 + number)
            }
        }
    }

    func say(_ sentence: String) { StandardError.write(byWords: UntrustedText(sentence).displayed()) }

    func complain(_ sentence: String) { say("chat-tui: \(sentence)") }
}

extension String {
    fileprivate var trimmedEnd: String { String(prefix(count - reversed().prefix { $0 == " " }.count)) }
}
