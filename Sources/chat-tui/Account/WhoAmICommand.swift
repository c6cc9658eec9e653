import AccountSession
import ArgumentParser
import ChatUI
import ChatWire
import ConfigFile
import Foundation
import HostSystem
import Supabase

/// `chat-tui whoami`: prints who is logged in, where, and until when. It asks nobody.
struct WhoAmICommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami",
        abstract: Texts.ofArguments.abstract(of: .whoAmI),
        usage: Texts.ofArguments.usage(of: .whoAmI),
        discussion: Texts.ofArguments.discussion(of: .whoAmI))

    @Flag(help: .of(.jsonObject))
    var json = false

    @OptionGroup var account: ProfileOptions
    @ParentCommand var screen: ChatTUICommand

    func run() throws {
        let connection = screen.connection
        let texts = Texts(try connection.language())
        try texts.reportingFailures {
            try screen.refuseFlags(of: "whoami", allowingProduct: false, texts)
            try connection.refuseOtherAccounts(in: "whoami", texts)
            let access = try connection.accountAccess(texts)
            let loggedIn = try connection.whoever(access, texts)
            let settings = try connection.configuration(texts).account(of: connection.profile)
            let state: StoredAccount.State
            do throws(AccountProblem) {
                guard let account = try access.store.read() else { throw .notLoggedIn }
                state = account.state
            } catch {
                throw CommandFailure(
                    sentence: texts.accountProblem(
                        error, profile: access.profile, at: loggedIn.project.authority),
                    code: CommandFailure.Code.output)
            }
            let identity = Identity(
                loggedIn: loggedIn, server: settings.url ?? loggedIn.project.chatServerURL, profile: access.profile,
                state: state)
            let text = json ? WireCodec.encodeLine(identity) : texts.identity(identity)
            if let number = StandardDescriptors.write(text + "\n") {
                throw CommandFailure(sentence: texts.outputFailed(number), code: CommandFailure.Code.output)
            }
            if case .ended = state {
                throw CommandFailure(
                    sentence: texts.sessionOver(access.profile), code: CommandFailure.Code.refused)
            }
        }
    }
}

/// Who is logged in, as `whoami` tells it.
struct Identity: JSONObjectEncodable {
    var loggedIn: AccountAccess.LoggedIn
    var server: String
    var profile: String?
    var state: StoredAccount.State

    /// The end of the access token, which is refreshed before. Nil if the session is over.
    var end: Timestamp? {
        switch state {
        case .active(let tokens): tokens.end
        case .ended: nil
        }
    }

    func encodeMembers(to json: inout JSONWriter) {
        if let email = loggedIn.user.email { json.member("email", email.wire) }
        if let end { json.member("expires_at", end.iso8601) }
        if let name = loggedIn.user.name { json.member("name", name.wire) }
        if let profile { json.member("profile", profile) }
        json.member("project", loggedIn.project.url)
        json.member("server", server)
        json.member("user_id", loggedIn.user.id.wire)
    }
}

extension UserID {
    /// The id, where there is no name.
    var shown: UntrustedText { UntrustedText(wire) }
}
