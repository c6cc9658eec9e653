import ArgumentParser
import ChatClient
import ChatUI
import ChatWire
import ConfigFile
import Foundation
import WebSocketTransport

/// What all commands share: who one is, and how the server and the files are found. Flags win over the environment.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "Who you are.")
    var user: String?

    @Option(help: "The server: ws://, wss://, http:// or https://. (default: this user's own server; CHAT_TUI_URL)")
    var url: String?

    @Option(
        help: "A token that proves who you are. Others can see it in `ps`: rather use --token-file or CHAT_TUI_TOKEN.")
    var token: String?

    @Option(help: "A file with the token, read anew for each connection.")
    var tokenFile: String?

    @Option(help: "The key that a hosted server asks for in the header `apikey`. (CHAT_TUI_APIKEY)")
    var apikey: String?

    @Option(help: "A file with certificates of further authorities to trust (PEM).")
    var caFile: String?

    @Option(help: "ru or en. (default: ru; CHAT_TUI_LANG)")
    var lang: String?

    @Option(help: "The settings file. (default: $XDG_CONFIG_HOME/chat-tui/config.toml)")
    var config: String?

    @Option(help: .hidden)  // for tests, and for proxies that cut what is idle for less than the 25 s
    var heartbeatSeconds = 25

    @Option(help: "History, drafts and unsent messages. (default: $XDG_DATA_HOME/chat-tui)")
    var dataDir: String?

    @Option(help: "The log. (default: $XDG_STATE_HOME/chat-tui/chat-tui.log)")
    var logFile: String?

    private static let environment = ProcessInfo.processInfo.environment

    private func value(_ flag: String?, _ variable: String) -> String? {
        flag ?? Self.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    func language() throws -> Language {
        guard let name = value(lang, "CHAT_TUI_LANG") else {
            let file = try? settingsFile?.read(environment: Self.environment)
            return file?.0.language ?? .russian
        }
        guard let language = Language(rawValue: name) else {
            throw ValidationError("--lang: ru или en / ru or en")
        }
        return language
    }

    func validate() throws {
        guard (1...25).contains(heartbeatSeconds) else { throw ValidationError("--heartbeat-seconds: 1…25") }
    }

    var settingsFile: SettingsFile? { SettingsFile(named: config, environment: Self.environment) }

    /// What the settings file says, if all of it is right.
    func configuration(_ wording: Wording) throws(UsageFailure) -> Configuration {
        guard let file = settingsFile else { return Configuration() }
        let (configuration, problems): (Configuration, [ConfigurationProblem])
        do throws(SettingsFile.Unreadable) {
            (configuration, problems) = try file.read(environment: Self.environment)
        } catch {
            throw UsageFailure(sentence: wording.unreadableSettings(error))
        }
        if problems.isEmpty { return configuration }
        throw UsageFailure(sentences: Texts(wording.language).problems(problems, in: file.path))
    }

    func settings(_ wording: Wording) throws -> ConnectionSettings {
        let configuration = try configuration(wording)
        guard let folders = StandardFolders(environment: Self.environment) else {
            throw UsageFailure(sentence: wording.noHome)
        }
        guard let user = user ?? configuration.user else { throw UsageFailure(sentence: wording.userMissing) }
        guard let user = UserID(user) else { throw UsageFailure(sentence: wording.badUserID("--user")) }
        return ConnectionSettings(
            user: user, server: try server(folders, configuration, wording),
            token: try tokenSource(configuration, wording),
            apiKey: value(apikey, "CHAT_TUI_APIKEY") ?? configuration.apiKey,
            authorities: caFile ?? configuration.authorities,
            heartbeat: Heartbeat.Settings(interval: .seconds(heartbeatSeconds)),
            logFile: logFile ?? configuration.logFile ?? folders.clientLog,
            dataFolder: dataDir ?? configuration.dataFolder ?? folders.clientData, configuration: configuration)
    }

    private func server(
        _ folders: StandardFolders, _ configuration: Configuration, _ wording: Wording
    ) throws -> ConnectionSettings.Server {
        guard let url = value(url, "CHAT_TUI_URL") ?? configuration.url else { return .local(folders) }
        do {
            let address = try ServerAddress(url: url)
            let hasSecret = if case .none = try tokenSource(configuration, wording) { false } else { true }
            if hasSecret && !address.mayCarryToken { throw UsageFailure(sentence: wording.tokenInTheOpen) }
            return .remote(address)
        } catch let invalid as ServerAddress.Invalid {
            throw UsageFailure(sentence: wording.address(invalid))
        }
    }

    private func tokenSource(_ configuration: Configuration, _ wording: Wording) throws -> TokenSource {
        if token != nil && tokenFile != nil { throw UsageFailure(sentence: wording.twoTokens) }
        if let tokenFile { return .file(tokenFile) }
        if let token = value(token, "CHAT_TUI_TOKEN") { return .text(token) }
        return configuration.tokenFile.map { .file($0) } ?? .none
    }
}
