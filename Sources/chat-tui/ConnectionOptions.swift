import ArgumentParser
import ChatClient
import ChatUI
import ChatWire
import ConfigFile
import Foundation
import HostSystem
import WebSocketTransport

/// The options of all commands: the user, the server and the files. Flags take precedence over the environment, and
/// both over the settings file.
struct ConnectionOptions: ParsableArguments {
    @Option(help: .of(.user))
    var user: String?

    @Option(help: .of(.url))
    var url: String?

    @Option(help: .of(.token))
    var token: String?

    @Option(help: .of(.tokenFile), completion: .file())
    var tokenFile: String?

    @Option(help: .of(.apikey))
    var apikey: String?

    @Option(help: .of(.caFile), completion: .file())
    var caFile: String?

    @Option(help: .of(.lang), completion: .list(Language.allCases.map(\.rawValue)))
    var lang: String?

    @Option(help: .of(.config), completion: .file())
    var config: String?

    @Option(help: .hidden)  // for tests, and for proxies that cut what is idle for less than the 25 s
    var heartbeatSeconds = 25

    @Option(help: .of(.dataDir), completion: .directory)
    var dataDir: String?

    @Option(help: .of(.logFile), completion: .file())
    var logFile: String?

    private static let environment = ProcessInfo.processInfo.environment

    private func value(_ flag: String?, _ variable: String) -> String? {
        flag ?? Self.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    func language() throws -> Language {
        if let name = value(lang, "CHAT_TUI_LANG"), Language(rawValue: name) == nil {
            throw ValidationError(Texts.badLanguage)
        }
        return Texts.ofArguments.language
    }

    func validate() throws {
        guard (1...25).contains(heartbeatSeconds) else { throw ValidationError(Texts.ofArguments.badHeartbeat) }
    }

    var settingsFile: SettingsFile? { SettingsFile(named: config, environment: Self.environment) }

    /// The content of the settings file.
    /// - Throws: the problems, if there are any.
    func configuration(_ texts: Texts) throws(UsageFailure) -> Configuration {
        _ = try path(config, "--config", texts)
        guard let file = settingsFile else { return Configuration() }
        let (configuration, problems): (Configuration, [ConfigurationProblem])
        do throws(SettingsFile.Unreadable) {
            (configuration, problems) = try file.read(environment: Self.environment)
        } catch {
            throw UsageFailure(sentence: texts.unreadableSettings(error))
        }
        if problems.isEmpty { return configuration }
        throw UsageFailure(sentences: texts.problems(problems, in: file.path))
    }

    func settings(_ texts: Texts) throws -> ConnectionSettings {
        var configuration = try configuration(texts)
        let folders = StandardFolders.found(environment: Self.environment)
        guard let user = user ?? configuration.account.user else { throw UsageFailure(sentence: texts.userMissing) }
        guard let user = UserID(user), !user.isBlank else { throw UsageFailure(sentence: texts.badUserID("--user")) }
        configuration.keepOnlySettings(for: user.wire)
        let data = try path(dataDir, "--data-dir", texts) ?? configuration.dataFolder ?? folders.clientData
        guard let data else { throw UsageFailure(sentence: texts.noHome) }
        let log = try path(logFile, "--log-file", texts) ?? configuration.logFile
        if data != folders.clientData { try checkFolder(data, of: "--data-dir", texts) }
        if let log { try checkFolder(Self.folder(of: log), of: "--log-file", texts) }
        let authorities = try path(caFile, "--ca-file", texts) ?? configuration.authorities
        if let authorities { try check(authorities: authorities, texts) }
        return ConnectionSettings(
            user: user, server: try server(folders, configuration, texts),
            token: try tokenSource(configuration, texts),
            apiKey: try credential(apikey, "--apikey", "CHAT_TUI_APIKEY", texts) ?? configuration.account.apiKey,
            authorities: authorities,
            heartbeat: Heartbeat.Settings(interval: .seconds(heartbeatSeconds)),
            logFile: log ?? folders.clientLog, isLogFileNamed: log != nil, dataFolder: data,
            configuration: configuration)
    }

    /// A credential from a flag or an environment variable, checked by `Credential`.
    private func credential(
        _ given: String?, _ flag: String, _ variable: String, _ texts: Texts
    ) throws(UsageFailure) -> String? {
        guard let text = value(given, variable) else { return nil }
        do throws(Credential.Invalid) {
            return try Credential.checked(text)
        } catch {
            throw UsageFailure(sentence: texts.invalidCredential(given == nil ? variable : flag))
        }
    }

    /// Only the standard folders are created. Another one that is missing may be a typing error.
    private func checkFolder(_ path: String, of flag: String, _ texts: Texts) throws(UsageFailure) {
        if PrivateFolder.isMissing(path) { throw UsageFailure(sentence: texts.missingFolder(flag, path)) }
    }

    private static func folder(of path: String) -> String {
        URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    /// The file is checked even if no connection needs it now, because the user expects it to be in force. A pipe can be
    /// read only once, so it is read for the connection.
    private func check(authorities path: String, _ texts: Texts) throws(UsageFailure) {
        if InputFile.isPipe(path) { return }
        do throws(TLSFileError) {
            try ClientTLS.check(authorities: path)
        } catch {
            throw UsageFailure(sentence: texts.authorities(error))
        }
    }

    private func path(_ text: String?, _ flag: String, _ texts: Texts) throws(UsageFailure) -> String? {
        guard let text else { return nil }
        do throws(UserPath.Invalid) {
            return try UserPath.expand(text, home: StandardFolders.found(environment: Self.environment).home)
        } catch {
            throw UsageFailure(sentence: texts.invalidPath(flag, error))
        }
    }

    private func server(
        _ folders: StandardFolders, _ configuration: Configuration, _ texts: Texts
    ) throws -> ConnectionSettings.Server {
        guard let url = value(url, "CHAT_TUI_URL") ?? configuration.account.url else {
            guard let path = folders.localSocket else { throw UsageFailure(sentence: texts.noHome) }
            return .local(folders, socketPath: path)
        }
        do {
            let address = try ServerAddress(url: url)
            let hasSecret = try !tokenSource(configuration, texts).isNone
            if hasSecret && !address.mayCarryToken { throw UsageFailure(sentence: texts.tokenInTheOpen) }
            return .remote(address)
        } catch let invalid as ServerAddress.Invalid {
            throw UsageFailure(sentence: "--url: \(texts.address(invalid))")
        }
    }

    private func tokenSource(_ configuration: Configuration, _ texts: Texts) throws -> TokenSource {
        if token != nil && tokenFile != nil { throw UsageFailure(sentence: texts.twoTokens) }
        if let path = try path(tokenFile, "--token-file", texts) { return .file(path) }
        if let token = try credential(token, "--token", "CHAT_TUI_TOKEN", texts) { return .text(token) }
        return configuration.account.tokenFile.map { .file($0) } ?? .none
    }
}
