import ArgumentParser
import ChatUI
import ConfigFile
import Foundation

/// `chat-tui config`: checks the settings file, or writes one that explains itself.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Checks the settings file, or writes one.",
        usage: "chat-tui config [--init] [--config FILE] [--lang ru|en]",
        discussion: "Prints the file's path, and what is wrong in it. With --init it writes a file with every setting "
            + "explained, where there is none.")

    @Flag(name: .customLong("init"), help: "Write the file, with every setting explained.")
    var writes = false

    @OptionGroup var connection: ConnectionOptions
    @ParentCommand var screen: ChatTUICommand

    func run() throws {
        let wording = Wording(try connection.language())
        try wording.reportingFailures {
            try screen.refuseFlags(of: "config", allowingProduct: false, wording)
            guard let file = connection.settingsFile else { throw UsageFailure(sentence: wording.noHome) }
            if writes { try write(file, wording) } else { _ = try connection.configuration(wording) }
            print(file.path)
        }
    }

    private func write(_ file: SettingsFile, _ wording: Wording) throws {
        do throws(SettingsFile.NotMade) {
            try file.make(DefaultFile(Texts(wording.language)).text)
        } catch {
            switch error {
            case .exists: throw UsageFailure(sentence: wording.settingsExist(file.path))
            case .failed(let reason):
                throw CommandFailure(
                    sentence: wording.settingsNotWritten(file.path, reason), code: CommandFailure.Code.cannotCreate)
            }
        }
    }
}
