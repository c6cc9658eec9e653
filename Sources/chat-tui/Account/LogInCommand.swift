import AccountSession
import ArgumentParser
import ChatUI
import ChatWire
import ConfigFile
import Foundation
import HostSystem
import Supabase

/// `chat-tui login`: logs in to the project of a marketplace, and keeps the session for all windows and commands.
struct LogInCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: Texts.ofArguments.abstract(of: .logIn),
        usage: Texts.ofArguments.usage(of: .logIn),
        discussion: Texts.ofArguments.discussion(of: .logIn))

    @Option(help: .of(.project))
    var project: String?

    @Option(help: .of(.email))
    var email: String?

    @Option(help: .of(.method), completion: .list(LogIn.Method.allCases.map(\.rawValue)))
    var method: String?

    @Flag(name: .customLong("no-browser"), help: .of(.noBrowser))
    var noBrowser = false

    @OptionGroup var key: KeyOptions
    @OptionGroup var account: ProfileOptions
    @ParentCommand var screen: ChatTUICommand

    private var connection: ConnectionOptions { screen.connection }

    func run() throws {
        let texts = Texts(try connection.language())
        try texts.reportingFailures {
            try screen.refuseFlags(of: "login", allowingProduct: false, texts)
            try connection.refuseOtherAccounts(in: "login", texts)
            let method = try method.map { name in
                guard let method = LogIn.Method(rawValue: name) else {
                    throw UsageFailure(sentence: texts.badMethod(name))
                }
                return method
            }
            if let email, !EmailAddress.isPlausible(email) { throw UsageFailure(sentence: texts.badEmail) }
            let access = try connection.accountAccess(texts)
            let account = try connection.configuration(texts).account(of: connection.profile)
            // After a log-in that is over, the user need not say again where it was.
            let before = try? access.loggedIn()
            let questions = Questions(texts)
            let address = try namedProject(texts) ?? account.project ?? before?.project
            let project = try ProjectQuestions(
                access: access, questions: questions, texts: texts, address: address,
                key: namedKey(account, texts) ?? (address == before?.project ? before?.key : nil)
            ).run()
            let logIn = LogIn(
                service: project.service, settings: project.settings, questions: questions, texts: texts,
                method: method, email: email ?? account.email, opensBrowser: !noBrowser)
            let session = try logIn.run()
            let former = try? access.store.read()
            try keep(session, of: project, in: access, texts)
            let user = session.user
            let name = user.name ?? user.email ?? user.id.shown
            for line in texts.loggedIn(name, server: account.url, profile: connection.profile) { questions.say(line) }
            end(former, access)
        }
    }

    private func namedProject(_ texts: Texts) throws(UsageFailure) -> ProjectAddress? {
        guard let project else { return nil }
        do throws(ProjectAddress.Invalid) {
            return try ProjectAddress(project)
        } catch {
            throw UsageFailure(sentence: "--project: \(texts.projectAddress(error))")
        }
    }

    private func namedKey(_ account: AccountSettings, _ texts: Texts) throws(UsageFailure) -> ProjectKey? {
        guard let (text, place) = connection.namedKey(account) else { return nil }
        do throws(ProjectKey.Invalid) {
            return try ProjectKey(text)
        } catch {
            throw UsageFailure(sentence: "\(place): \(texts.projectKey(error))")
        }
    }

    /// Ends the session in whose place the new one is. If the service does not answer, that one ends by its age.
    private func end(_ account: StoredAccount?, _ access: AccountAccess) {
        guard let account, case .active(let tokens) = account.state else { return }
        let client = access.client(account.project, account.key)
        let now = Timestamp(microseconds: WallClock.microseconds)
        try? waiting { () async throws(AuthFailure) in try await client.end(tokens, now: now) }
    }

    private func keep(
        _ session: AuthSession, of project: ProjectQuestions.Found, in access: AccountAccess, _ texts: Texts
    ) throws(CommandFailure) {
        let address = project.service.client.project
        let account = StoredAccount(
            project: address, key: project.key, session: session,
            received: Timestamp(microseconds: WallClock.microseconds))
        do throws(AccountProblem) {
            try waiting { () async throws(AccountProblem) in
                try await access.store.replace(with: account) { StandardError.write(byWords: texts.waitingForWindow) }
            }
        } catch {
            throw CommandFailure(
                sentence: texts.accountProblem(error, profile: access.profile, at: address.authority),
                code: CommandFailure.Code.cannotCreate)
        }
    }
}

/// `chat-tui logout`: ends the session, here and at the service.
struct LogOutCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: Texts.ofArguments.abstract(of: .logOut),
        usage: Texts.ofArguments.usage(of: .logOut),
        discussion: Texts.ofArguments.discussion(of: .logOut))

    @OptionGroup var account: ProfileOptions
    @ParentCommand var screen: ChatTUICommand

    func run() throws {
        let connection = screen.connection
        let texts = Texts(try connection.language())
        try texts.reportingFailures {
            try screen.refuseFlags(of: "logout", allowingProduct: false, texts)
            try connection.refuseOtherAccounts(in: "logout", texts)
            let access = try connection.accountAccess(texts)
            let loggedIn = try connection.whoever(access, texts)
            let keeper = access.keeper(for: nil)
            let outcome: SessionKeeper.LogOutOutcome
            do throws(AccountProblem) {
                outcome = try waiting { () async throws(AccountProblem) -> SessionKeeper.LogOutOutcome in
                    try await keeper.logOut { StandardError.write(byWords: texts.waitingForWindow) }
                }
            } catch {
                throw CommandFailure(
                    sentence: texts.accountProblem(
                        error, profile: access.profile, at: loggedIn.project.authority),
                    code: CommandFailure.Code.output)
            }
            let user = loggedIn.user
            switch outcome {
            case .loggedOut, .nobodyWas:
                Questions(texts).say(texts.loggedOut(user.name ?? user.email ?? user.id.shown))
            case .onlyHere:
                // The reason is of no use: nothing is left to do.
                throw CommandFailure(sentence: texts.loggedOutHereOnly, code: CommandFailure.Code.unreachable)
            }
        }
    }
}

extension AccountAccess {
    /// Who is logged in.
    /// - Throws: why nobody is.
    func whoever(_ texts: Texts) throws(CommandFailure) -> LoggedIn {
        do throws(AccountProblem) {
            if let user = try loggedIn() { return user }
        } catch {
            throw CommandFailure(
                sentence: texts.accountProblem(error, profile: profile, at: ""), code: CommandFailure.Code.output)
        }
        throw CommandFailure(sentence: texts.nobodyLoggedIn(profile), code: CommandFailure.Code.noInput)
    }
}
