import ArgumentParser
import ChatClient
import ChatUI
import ChatWire
import ConfigFile
import Foundation
import HostSystem
import Supabase
import WebSocketTransport

/// The options of all commands: the user, the server and the files. Flags take precedence over the environment, and
/// both over the settings file.
struct ConnectionOptions: ParsableArguments {
    @Option(help: .of(.user), completion: KnownValues.users)
    var user: String?

    @Option(help: .of(.url))
    var url: String?

    @Option(help: .of(.token))
    var token: String?

    @Option(help: .of(.tokenFile), completion: .file())
    var tokenFile: String?

    @OptionGroup var key: KeyOptions
    @OptionGroup var account: ProfileOptions

    @Option(help: .hidden)  // for tests, and for proxies that cut what is idle for less than the 25 s
    var heartbeatSeconds = 25

    @Option(help: .of(.dataDir), completion: .directory)
    var dataDir: String?

    @Option(help: .of(.logFile), completion: .file())
    var logFile: String?

    var apikey: String? { key.apikey }
    var caFile: String? { account.caFile }
    var profile: String? { account.profile }
    var lang: String? { account.lang }
    var config: String? { account.config }

    private static let environment = ProcessInfo.processInfo.environment

    private func value(_ flag: String?, _ variable: String) -> String? { flag ?? self.variable(variable) }

    /// The value of an environment variable. An empty one counts as unset.
    func variable(_ name: String) -> String? { Self.environment[name].flatMap { $0.isEmpty ? nil : $0 } }

    func language() throws -> Language {
        if let name = value(lang, Self.langVariable), Language(rawValue: name) == nil {
            let place = lang == nil ? Self.langVariable : "--lang"
            throw ValidationError(Texts.ofArguments.badLanguage(name, in: place))
        }
        return Texts.ofArguments.language
    }

    private static let langVariable = "CHAT_TUI_LANG"
    private static let urlVariable = "CHAT_TUI_URL"
    static let apiKeyVariable = "CHAT_TUI_APIKEY"

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
        let folders = StandardFolders.found(environment: Self.environment)
        let access = try accountAccessIfAny(texts)
        var configuration = try accountConfiguration(access, texts)
        let places = places(configuration)
        if let user { configuration.keepOnlySettings(for: user) }
        let loggedIn = try access.flatMap { try session(configuration, $0, texts) }
        // The reader of the file has checked the one that it has.
        guard let user = user ?? loggedIn?.user.id.wire ?? configuration.account.user else {
            throw UsageFailure(sentence: texts.userMissing(profile))
        }
        guard let user = UserID(user), !user.isBlank else { throw UsageFailure(sentence: texts.badUserID("--user")) }
        configuration.keepOnlySettings(for: user.wire)
        if let loggedIn { configuration.account.name = configuration.account.name ?? loggedIn.user.name?.wire }
        let root = try path(dataDir, "--data-dir", texts) ?? configuration.dataFolder ?? folders.clientData
        guard let root else { throw UsageFailure(sentence: texts.noHome) }
        let log = try path(logFile, "--log-file", texts) ?? configuration.logFile
        if root != folders.clientData {
            try checkFolder(root, of: place(of: "--data-dir", dataDir, key: "data-dir", texts), texts)
        }
        if let log {
            try checkFolder(Self.folder(of: log), of: place(of: "--log-file", logFile, key: "log-file", texts), texts)
        }
        let project = loggedIn?.project ?? configuration.account.project
        let sessionToken = loggedIn.flatMap { loggedIn in access.map { $0.token(of: loggedIn) } }
        let token = try sessionToken.map(TokenSource.session) ?? tokenSource(configuration, texts)
        if self.token != nil { texts.complain(texts.tokenIsVisible) }
        return ConnectionSettings(
            user: user, server: try server(folders, configuration, project, token, texts), token: token,
            project: project,
            apiKey: try credential(apikey, "--apikey", Self.apiKeyVariable, texts) ?? configuration.account.apiKey
                ?? loggedIn?.key.text,
            authorities: try access?.authorities ?? authorities(try self.configuration(texts), texts),
            heartbeat: Heartbeat.Settings(interval: .seconds(heartbeatSeconds)),
            logFile: log ?? folders.clientLog, isLogFileNamed: log != nil,
            dataFolder: Self.folder(of: profile, in: root), profile: profile,
            places: places,
            configuration: configuration)
    }

    /// The settings of the named profile, or of the account without a name.
    private func accountConfiguration(
        _ access: AccountAccess?, _ texts: Texts
    ) throws(UsageFailure) -> Configuration {
        var configuration = try configuration(texts)
        guard let profile else { return configuration }
        // A profile with a session needs no settings.
        if !configuration.use(profile: profile), access?.hasSession != true {
            throw UsageFailure(sentence: texts.noProfile(profile, among: knownProfiles(configuration)))
        }
        return configuration
    }

    /// The folder of a profile's history. Nobody's history is seen through another profile, even if both are the same
    /// user of the same server.
    private static func folder(of profile: String?, in root: String) -> String {
        profile.map { "\(root)/profiles/\($0)" } ?? root
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

    /// Where a value stands: the flag, or the file with its line.
    private func place(of flag: String, _ given: String?, key: String, _ texts: Texts) -> String {
        guard given == nil, let file = settingsFile else { return flag }
        return texts.place(of: key, line: file.line(of: key), in: file.path)
    }

    /// Where the values stand that have several sources. A value that nobody gave belongs to its flag.
    private func places(_ configuration: Configuration) -> ServerLabel.Places {
        let file = settingsFile.map { ServerLabel.Place.file(path: $0.path) } ?? .flag
        func place(_ flag: String?, _ variable: String?, isInFile: Bool) -> ServerLabel.Place {
            if flag != nil { return .flag }
            if let variable, value(nil, variable) != nil { return .variable }
            return isInFile ? file : .flag
        }
        return ServerLabel.Places(
            user: place(user, nil, isInFile: configuration.account.user != nil),
            url: place(url, Self.urlVariable, isInFile: configuration.account.url != nil),
            token: place(token, "CHAT_TUI_TOKEN", isInFile: false))
    }

    /// Only the standard folders are created. Another one that is missing may be a typing error.
    private func checkFolder(_ path: String, of place: String, _ texts: Texts) throws(UsageFailure) {
        if PrivateFolder.isMissing(path) { throw UsageFailure(sentence: texts.missingFolder(place, path)) }
        if !PrivateFolder.canBe(path) { throw UsageFailure(sentence: texts.noFolder(place, path)) }
    }

    private static func folder(of path: String) -> String {
        URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    /// The file is checked even if no connection needs it now, because the user expects it to be in force. A pipe can be
    /// read only once, so it is read for the connection.
    private func check(authorities path: String, of place: String, _ texts: Texts) throws(UsageFailure) {
        if InputFile.isPipe(path) { return }
        do throws(TLSFileError) {
            try ClientTLS.check(authorities: path)
        } catch {
            throw UsageFailure(sentence: "\(place): \(texts.authorities(error))")
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

    /// The certificates of the file are checked.
    func authorities(_ configuration: Configuration, _ texts: Texts) throws(UsageFailure) -> String? {
        guard let path = try path(caFile, "--ca-file", texts) ?? configuration.authorities else { return nil }
        try check(authorities: path, of: place(of: "--ca-file", caFile, key: "ca-file", texts), texts)
        return path
    }

    /// Without an address the server is the project's own, and without a project the user's local one.
    private func server(
        _ folders: StandardFolders, _ configuration: Configuration, _ project: ProjectAddress?, _ token: TokenSource,
        _ texts: Texts
    ) throws -> ConnectionSettings.Server {
        guard let url = value(url, Self.urlVariable) ?? configuration.account.url ?? project?.chatServerURL else {
            guard let path = folders.localSocket else { throw UsageFailure(sentence: texts.noHome) }
            return .local(folders, socketPath: path)
        }
        do {
            let address = try ServerAddress(url: url)
            if !token.isNone && !address.mayCarryToken { throw UsageFailure(sentence: texts.tokenInTheOpen) }
            return .remote(address)
        } catch let invalid as ServerAddress.Invalid {
            // The reader of the file has checked the one that it has.
            let place = self.url == nil ? Self.urlVariable : "--url"
            throw UsageFailure(sentence: "\(place): \(texts.address(invalid))")
        }
    }

    /// Whether a flag, a variable or the settings have a token.
    func provesOtherwise(_ configuration: Configuration, _ texts: Texts) throws -> Bool {
        try !tokenSource(configuration, texts).isNone
    }

    private func tokenSource(_ configuration: Configuration, _ texts: Texts) throws -> TokenSource {
        if token != nil && tokenFile != nil { throw UsageFailure(sentence: texts.twoTokens) }
        if let path = try path(tokenFile, "--token-file", texts) { return .file(path) }
        if let token = try credential(token, "--token", "CHAT_TUI_TOKEN", texts) { return .text(token) }
        if let path = configuration.account.tokenFile { return .file(path) }
        guard let text = configuration.account.tokenCommand else { return .none }
        guard let command = TokenCommand(text) else { throw UsageFailure(sentence: texts.badTokenCommand) }
        return .command(command)
    }
}
