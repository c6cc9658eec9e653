import ArgumentParser
import ChatUI
import ChatWire
import ConfigFile
import Foundation
import HostSystem

/// `chat-tui config`: checks the settings file, or writes one with comments.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: Texts.ofArguments.abstract(of: .config),
        usage: Texts.ofArguments.usage(of: .config),
        discussion: Texts.ofArguments.discussion(of: .config))

    @Flag(name: .customLong("init"), help: .of(.initFlag))
    var writes = false

    @OptionGroup var connection: ConnectionOptions
    @ParentCommand var screen: ChatTUICommand

    func run() throws {
        let texts = Texts(try connection.language())
        try texts.reportingFailures {
            try screen.refuseFlags(of: "config", allowingProduct: false, texts)
            guard let file = connection.settingsFile else { throw UsageFailure(sentence: texts.noHome) }
            if writes { try write(file, texts) } else { try check(texts) }
            if !file.exists { texts.complain(texts.noSettings) }
            if let number = StandardDescriptors.write("\(UntrustedText(file.path))\n") {
                throw CommandFailure(sentence: texts.outputFailed(number), code: CommandFailure.Code.output)
            }
        }
    }

    private func check(_ texts: Texts) throws {
        for twin in try connection.configuration(texts).keyTwins { texts.complain(texts.twin(twin)) }
    }

    private func write(_ file: SettingsFile, _ texts: Texts) throws {
        do throws(SettingsFile.CreationFailure) {
            try file.make(DefaultFile(texts, setsLanguage: connection.lang != nil).text)
        } catch {
            switch error {
            case .exists:
                throw CommandFailure(sentence: texts.settingsExist(file), code: CommandFailure.Code.cannotCreate)
            case .failed(let problem):
                throw CommandFailure(
                    sentence: texts.settingsNotWritten(problem), code: CommandFailure.Code.cannotCreate)
            }
        }
    }
}
