import ArgumentParser
import ChatUI
import ChatWire
import Foundation
import HostSystem
import ServerRuntime
import Terminal

@main
struct ChatTUICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat-tui",
        abstract: Texts.ofArguments.abstract(of: .program),
        discussion: Texts.ofArguments.discussion(of: .program),
        version: ProgramVersion.line(of: "chat-tui"),
        subcommands: [
            LogInCommand.self, LogOutCommand.self, WhoAmICommand.self, SendCommand.self, TailCommand.self,
            ExportCommand.self, SearchCommand.self, ConfigCommand.self,
            LocalServerCommand.self,
        ])

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var conversation: ConversationOptions
    @OptionGroup var product: ProductOptions

    /// Parses the arguments and runs the command. Errors in the arguments are printed without control characters.
    static func main() {
        StandardDescriptors.secure()
        _ = IgnoredSignals.atStart
        CrashSignals.useDefaults()
        // Ignored, so that writing to a pipe without a reader, or beyond the file size limit, returns an error.
        for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
        if let place = ProgramText.firstInvalidEncoding() {
            Texts.ofArguments.complain(Texts.ofArguments.misencoded(place))
            Texts.complainInEnglish()
            Foundation.exit(64)  // EX_USAGE
        }
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let command = CommandCall.unknownCommand(arguments) {
            let texts = Texts.ofArguments
            texts.complain(texts.noCommand(command, of: CommandCall([])))
            Texts.complainInEnglish()
            Foundation.exit(64)  // EX_USAGE
        }
        if let argument = CommandCall.misreadAsHelp(arguments) {
            let texts = Texts.ofArguments
            texts.complain(texts.unknownOption(argument, of: CommandCall(arguments)))
            Texts.complainInEnglish()
            Foundation.exit(64)  // EX_USAGE
        }
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            let texts = Texts.ofArguments
            let code = exitCode(for: error)
            if code.isSuccess {
                let message = fullMessage(for: error)
                let isScript = ProgramText.isForPrograms(arguments)
                let help = UntrustedText(texts.translatedHelp(message) + texts.helpInEnglish).displayed(
                    lineBreaks: .kept)
                if let number = StandardDescriptors.write((isScript ? message : help) + "\n") {
                    texts.complain(texts.outputFailed(number))
                    Foundation.exit(CommandFailure.Code.output)
                }
            } else if !(error is ExitCode) {
                texts.complain(texts.usageProblem(message(for: error), of: CommandCall(arguments)))
                Texts.complainInEnglish()
            }
            Foundation.exit(code.rawValue)
        }
    }

    func run() throws {
        let texts = Texts(try connection.language())
        try texts.reportingFailures {
            let settings = try conversation.settings(connection.settings(texts), product, texts)
            if conversation.plain { return try PlainProgram(settings, texts).run() }
            try Program(settings, texts).run()
        }
    }
}

extension Texts {
    /// Prints errors, and throws the exit code for them.
    func reportingFailures(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let failure as UsageFailure {
            for sentence in failure.sentences { complain(sentence) }
            Self.complainInEnglish()
            throw ExitCode(64)  // EX_USAGE
        } catch let failure as CommandFailure {
            if let sentence = failure.sentence {
                complain(sentence)
                Self.complainInEnglish()
            }
            throw ExitCode(failure.code)
        } catch let error as TerminalError {
            complain(terminal(error))
            Self.complainInEnglish()
            throw ExitCode(error.isUsage ? 64 : 70)  // EX_USAGE, EX_SOFTWARE
        }
    }

    /// After a sentence about an error, which somebody with an English locale may not be able to read. Programs that
    /// read standard error get nothing besides the sentence.
    static func complainInEnglish() {
        guard let hint = englishHint, isatty(STDERR_FILENO) == 1 else { return }
        StandardError.write("chat-tui: \(lineInEnglish(hint))")
    }

    /// The last line of the Russian `--help`. Empty if it is not needed.
    fileprivate var helpInEnglish: String { Self.englishHint.map { "\n\n" + Self.lineInEnglish($0) } ?? "" }

    func complain(_ sentence: String) {
        StandardError.write(byWords: "chat-tui: \(UntrustedText(sentence))")
    }
}

enum StandardError {
    /// Writes a text that is broken between words if it goes to a terminal. Programs get it as one line.
    static func write(byWords text: String) {
        let columns = isatty(STDERR_FILENO) == 1 ? WindowSize(of: STDERR_FILENO).columns : nil
        write(columns.map { WordWrap.lines(of: text, columns: $0) } ?? text)
    }

    /// Writes a line. Gives up after a second if nobody reads it.
    static func write(_ line: String) {
        NonblockingWriter(STDERR_FILENO).write(Array("\(line)\n".utf8), within: .seconds(1))
    }
}

/// The user's request cannot be carried out. The sentences say what to do.
struct UsageFailure: Error {
    /// One line each.
    var sentences: [String]

    init(sentences: [String]) { self.sentences = sentences }
    init(sentence: String) { sentences = [sentence] }
}

extension TerminalError {
    fileprivate var isUsage: Bool {
        if case .systemCall = self { false } else { true }
    }
}
