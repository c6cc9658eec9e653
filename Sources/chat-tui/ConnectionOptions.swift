import ArgumentParser
import ChatClient
import ChatUI
import ChatWire
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
        guard let name = value(lang, "CHAT_TUI_LANG") else { return .russian }
        guard let language = Language(rawValue: name) else {
            throw ValidationError("--lang: ru или en / ru or en")
        }
        return language
    }

    func validate() throws {
        guard (1...25).contains(heartbeatSeconds) else { throw ValidationError("--heartbeat-seconds: 1…25") }
    }

    func settings(_ wording: Wording) throws -> ConnectionSettings {
        guard let folders = StandardFolders(environment: Self.environment) else {
            throw UsageFailure(sentence: wording.noHome)
        }
        guard let user else { throw UsageFailure(sentence: wording.userMissing) }
        guard let user = UserID(user) else { throw UsageFailure(sentence: wording.badUserID("--user")) }
        return ConnectionSettings(
            user: user, server: try server(folders, wording), token: try tokenSource(wording),
            apiKey: value(apikey, "CHAT_TUI_APIKEY"), authorities: caFile,
            heartbeat: Heartbeat.Settings(interval: .seconds(heartbeatSeconds)), logFile: logFile ?? folders.clientLog,
            dataFolder: dataDir ?? folders.clientData)
    }

    private func server(_ folders: StandardFolders, _ wording: Wording) throws -> ConnectionSettings.Server {
        guard let url = value(url, "CHAT_TUI_URL") else { return .local(folders) }
        do {
            let address = try ServerAddress(url: url)
            let hasSecret = token != nil || tokenFile != nil || value(nil, "CHAT_TUI_TOKEN") != nil
            if hasSecret && !address.mayCarryToken { throw UsageFailure(sentence: wording.tokenInTheOpen) }
            return .remote(address)
        } catch let invalid as ServerAddress.Invalid {
            throw UsageFailure(sentence: wording.address(invalid))
        }
    }

    private func tokenSource(_ wording: Wording) throws -> TokenSource {
        if token != nil && tokenFile != nil { throw UsageFailure(sentence: wording.twoTokens) }
        if let tokenFile { return .file(tokenFile) }
        if let token = value(token, "CHAT_TUI_TOKEN") { return .text(token) }
        return .none
    }
}
