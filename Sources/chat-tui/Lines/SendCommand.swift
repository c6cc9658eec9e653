import ArgumentParser
import ChatClient
import ChatUI
import ChatWire
import Foundation
import HostSystem

/// `chat-tui send`: sends one message. The exit code tells the result.
struct SendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: Texts.ofArguments.abstract(of: .send),
        usage: Texts.ofArguments.usage(of: .send),
        discussion: Texts.ofArguments.discussion(of: .send))

    @Option(help: .of(.to), completion: KnownValues.peers)
    var to: String?

    @Flag(help: .of(.json))
    var json = false

    @Option(help: .of(.timeout))
    var timeout = 15.0

    @Argument(help: .of(.text))
    var text: String?

    @OptionGroup var product: ProductOptions
    @OptionGroup var connection: ConnectionOptions
    @ParentCommand var screen: ChatTUICommand

    func run() throws {
        let texts = Texts(try connection.language())
        try texts.reportingFailures {
            try screen.refuseFlags(of: "send", texts)
            let settings = try connection.settings(texts)
            guard let to else { throw UsageFailure(sentence: texts.receiverMissing) }
            let receiver = try settings.peer(to, of: "--to", texts)
            guard timeout > 0, timeout <= 86_400 else { throw UsageFailure(sentence: texts.badTimeout) }
            do throws(LinkEnd) {
                try settings.token.checkFile()
            } catch {
                throw UsageFailure(sentence: texts.unreachable(texts.problem(error)))
            }
            do throws(CommandFailure) {
                try LineOutput.check(texts)
            } catch {
                throw CommandFailure(sentence: texts.notSent(error.sentence), code: error.code)
            }
            let listing = product.productID.flatMap(settings.keptListing)
            let sending = try Sending(
                try message(texts), to: receiver, about: product.named(with: listing), settings, texts,
                timeout: timeout)
            let stored = try sending.run()
            var output = LineOutput()
            do throws(LineOutput.Failure) {
                try output.write(json ? MessageRecord(stored).line : stored.message.id.description)
            } catch .closed, .interrupted {
                // The message is sent even if nobody reads its id.
            } catch .system(let number) {
                throw CommandFailure(
                    sentence: texts.sentWithoutOutput(number),
                    code: CommandFailure.Code.output)
            }
            withExtendedLifetime(sending) {}
        }
    }

    /// The argument, or all of standard input without a line break at its end.
    private func message(_ texts: Texts) throws -> String {
        if let text, text != "-" { return text }
        if text == nil, isatty(STDIN_FILENO) == 1 { throw UsageFailure(sentence: texts.textMissing) }
        let bytes = try Self.standardInput(texts)
        guard var text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(sentence: texts.notUTF8, code: CommandFailure.Code.badMessage)
        }
        text.removeByteOrderMark()
        return text.last?.isNewline == true ? String(text.dropLast()) : text
    }

    /// More than any server accepts.
    private static let maxBytes = 1 << 20

    private static func standardInput(_ texts: Texts) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count: Int
            do throws(StandardInput.Failure) {
                count = try StandardInput.read(into: &buffer)
            } catch {
                throw CommandFailure(sentence: texts.inputFailed(error.number), code: CommandFailure.Code.output)
            }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            if bytes.count > maxBytes {
                throw CommandFailure(sentence: texts.inputTooLong, code: CommandFailure.Code.badMessage)
            }
        }
    }
}

extension ChatTUICommand {
    /// Throws if flags of the screen were given. ArgumentParser lets the root command parse them anywhere in the
    /// command line.
    func refuseFlags(of command: String, allowingProduct: Bool = true, _ texts: Texts) throws(UsageFailure) {
        let flags = conversation.given + (allowingProduct ? [] : product.given)
        if !flags.isEmpty { throw UsageFailure(sentence: texts.flagsOfTheScreen(flags, command: command)) }
    }
}
