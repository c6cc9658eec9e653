import ArgumentParser
import ChatClient
import ChatUI
import ChatWire
import Foundation

/// `chat-tui send`: one message, and an exit code that says what became of it.
struct SendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send",
        abstract: "Sends a message, and ends when the server has stored it.",
        usage: "chat-tui send --user ID --to ID [--product-id ID] [--json] [--timeout SECONDS] [TEXT | -]",
        discussion: """
            Prints the message's id. Exit codes: 0 it is stored; 64 wrong usage; 65 such a message cannot be sent; \
            69 no server, or no answer in time; 77 the server refuses; 130 interrupted.
            """)

    @Option(help: "To whom.")
    var to: String?

    @Flag(help: "Print the message as a line of JSON.")
    var json = false

    @Option(help: "How many seconds it may take.")
    var timeout = 15.0

    @Argument(help: "The message. `-`, or nothing: standard input is the message.")
    var text: String?

    @OptionGroup var product: ProductOptions
    @OptionGroup var connection: ConnectionOptions
    @ParentCommand var screen: ChatTUICommand

    func run() throws {
        let wording = Wording(try connection.language())
        try wording.reportingFailures {
            try screen.refuseFlags(of: "send", wording)
            let settings = try connection.settings(wording)
            guard let to else { throw UsageFailure(sentence: wording.receiverMissing) }
            guard let receiver = UserID(to) else { throw UsageFailure(sentence: wording.badUserID("--to")) }
            if receiver == settings.user { throw UsageFailure(sentence: wording.samePerson("--to")) }
            guard timeout > 0, timeout <= 86_400 else { throw UsageFailure(sentence: wording.badTimeout) }
            do throws(TokenSource.Unreadable) {
                _ = try settings.token.read()
            } catch {
                throw UsageFailure(sentence: wording.unreadableToken(error.path))
            }
            let sending = try Sending(
                try message(wording), to: receiver, about: product.productID.map { Product(id: $0) }, settings, wording,
                timeout: .seconds(timeout))
            let stored = try sending.run()
            var output = LineOutput()
            // Whoever does not read the id has the message sent all the same.
            try? output.write(
                json ? MessageRecord(stored).line : UntrustedText(stored.message.id).displayed())
        }
    }

    /// The argument, or else all of standard input without the line break at its end.
    private func message(_ wording: Wording) throws -> String {
        if let text, text != "-" { return text }
        if text == nil, isatty(STDIN_FILENO) == 1 { throw UsageFailure(sentence: wording.textMissing) }
        let bytes = try Self.standardInput(wording)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(sentence: wording.notUTF8, code: CommandFailure.Code.badMessage)
        }
        return text.last?.isNewline == true ? String(text.dropLast()) : text
    }

    /// Far more than any server takes.
    private static let mostBytes = 1 << 20

    private static func standardInput(_ wording: Wording) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw UsageFailure(sentence: wording.inputFailed(String(cString: strerror(errno))))
            }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            if bytes.count > mostBytes {
                throw CommandFailure(sentence: wording.inputTooLong, code: CommandFailure.Code.badMessage)
            }
        }
    }
}

extension ChatTUICommand {
    /// The root command has read the flags of its screen wherever they stood.
    func refuseFlags(of command: String, allowingProduct: Bool = true, _ wording: Wording) throws(UsageFailure) {
        let flags = conversation.given + (allowingProduct || product.productID == nil ? [] : ["--product-id"])
        if !flags.isEmpty { throw UsageFailure(sentence: wording.flagsOfTheScreen(flags, command: command)) }
    }
}
