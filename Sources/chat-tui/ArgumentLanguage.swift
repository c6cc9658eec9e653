import ChatUI
import Foundation

extension Texts {
    /// The texts in the language of the arguments, the environment or the settings file, in this order. A source that
    /// cannot be read, or names an unknown language, is skipped.
    static let ofArguments = Texts(chosen ?? .russian)

    /// How to get the program in English, for a user whose locale is English and who has not chosen a language.
    static let englishHint: EnglishHint? =
        chosen == nil ? EnglishHint(environment: ProcessInfo.processInfo.environment) : nil

    private static let chosen = chosenLanguage(
        of: CommandLine.arguments, environment: ProcessInfo.processInfo.environment)

    /// Nil if nobody chose a language that there is.
    static func chosenLanguage(of arguments: [String], environment: [String: String]) -> Language? {
        let named = [value(of: "--lang", in: arguments), environment["CHAT_TUI_LANG"]]
        let asked = named.compactMap { $0.flatMap { Language(rawValue: $0) } }.first
        guard let file = SettingsFile(named: value(of: "--config", in: arguments), environment: environment) else {
            return asked
        }
        // The settings file is read even if the language is known: if it is a pipe without data, the user is told in
        // that language what the program waits for.
        let texts = Texts(asked ?? .russian)
        let settings = try? file.read(environment: environment) {
            texts.complain(texts.waitingForSettings(file.path))
        }
        return asked ?? settings?.0.language
    }

    /// The last value counts, as it does for ArgumentParser.
    private static func value(of flag: String, in arguments: [String]) -> String? {
        let arguments = arguments.prefix { $0 != "--" }
        guard let index = arguments.lastIndex(where: { $0 == flag || $0.hasPrefix(flag + "=") }) else { return nil }
        let argument = arguments[index]
        if argument != flag { return String(argument.dropFirst(flag.count + 1)) }
        return arguments.indices.contains(index + 1) ? arguments[index + 1] : nil
    }
}
