import AccountSession
import ChatUI
import ChatWire
import ConfigFile
import Foundation
import HostSystem
import Supabase

// Which account a command is for, and who is logged in to it.

extension ConnectionOptions {
    /// The place of the session of the named profile.
    func accountAccess(_ texts: Texts) throws(UsageFailure) -> AccountAccess {
        guard let access = try accountAccessIfAny(texts) else { throw UsageFailure(sentence: texts.noHome) }
        return access
    }

    /// The same; nil without a home folder, where nobody can be logged in.
    func accountAccessIfAny(_ texts: Texts) throws(UsageFailure) -> AccountAccess? {
        if let profile, !ProfileName.isValid(profile) { throw UsageFailure(sentence: texts.badProfile) }
        let authorities = try authorities(try configuration(texts), texts)
        return AccountAccess(
            profile: profile, authorities: authorities, environment: ProcessInfo.processInfo.environment)
    }

    /// Who is logged in, if their session is to be used: nothing else proves who the user is, and no flag names another
    /// user.
    /// - Parameter configuration: The settings of the profile.
    func session(
        _ configuration: Configuration, _ access: AccountAccess, _ texts: Texts
    ) throws -> AccountAccess.LoggedIn? {
        guard try !provesOtherwise(configuration, texts) else { return nil }
        let loggedIn: AccountAccess.LoggedIn?
        do throws(AccountProblem) {
            loggedIn = try access.loggedIn()
        } catch {
            if user != nil { return nil }
            throw CommandFailure(
                sentence: texts.accountProblem(error, profile: profile, at: ""), code: CommandFailure.Code.output)
        }
        guard let loggedIn else { return nil }
        if let user, user != loggedIn.user.id.wire { return nil }
        return loggedIn
    }

    /// Who is logged in.
    /// - Throws: why nobody is. A profile that is nowhere named may be a typing error.
    func whoever(_ access: AccountAccess, _ texts: Texts) throws -> AccountAccess.LoggedIn {
        let configuration = try configuration(texts)
        if let profile, configuration.profiles[profile] == nil, !access.hasSession {
            throw UsageFailure(sentence: texts.noProfile(profile, among: knownProfiles(configuration)))
        }
        return try access.whoever(texts)
    }

    /// The names of the profiles that the settings have, or that somebody is logged in to.
    func knownProfiles(_ configuration: Configuration) -> [String] {
        let loggedIn = AccountAccess.profilesLoggedIn(environment: ProcessInfo.processInfo.environment)
        return Set(configuration.profiles.keys).union(loggedIn).sorted()
    }

    /// The project's key that a flag, the variable or the settings name, and where.
    func namedKey(_ account: AccountSettings) -> (text: String, place: String)? {
        if let apikey { return (apikey, "--apikey") }
        if let text = variable(Self.apiKeyVariable) { return (text, Self.apiKeyVariable) }
        return account.apiKey.map { ($0, "apikey") }
    }

    /// `login`, `logout` and `whoami` are about the session only. Their help does not show these flags, but the program's
    /// own options take them anywhere in the command line.
    func refuseOtherAccounts(in command: String, _ texts: Texts) throws(UsageFailure) {
        let flags = [
            ("--user", user), ("--url", url), ("--token", token), ("--token-file", tokenFile), ("--data-dir", dataDir),
            ("--log-file", logFile),
        ].compactMap { flag, value in value.map { _ in flag } }
        if !flags.isEmpty { throw UsageFailure(sentence: texts.flagsOfTheScreen(flags, command: command)) }
    }
}

extension Configuration {
    /// The settings of a profile, or of the account without a name.
    func account(of profile: String?) -> AccountSettings {
        profile.map { profiles[$0] ?? AccountSettings() } ?? account
    }
}
