import ChatUI
import Testing

@testable import ConfigFile

struct DefaultFileTests {
    @Test(arguments: Language.allCases)
    func changesNothing(language: Language) {
        let (configuration, problems) = Configuration.read(
            DefaultFile(Texts(language)).text, folder: "/", home: "/home/anna")
        #expect(problems == [])
        #expect(configuration == Configuration())
    }

    @Test(arguments: Language.allCases)
    func setsTheLanguageThatWasAskedFor(language: Language) {
        let (configuration, problems) = Configuration.read(
            DefaultFile(Texts(language), setsLanguage: true).text, folder: "/", home: "/home/anna")
        var expected = Configuration()
        expected.language = language
        #expect(problems == [] && configuration == expected)
    }

    /// Every line with a setting can be uncommented, and then changes nothing.
    @Test(arguments: Language.allCases)
    func tellsTheDefaults(language: Language) {
        let lines = DefaultFile(Texts(language)).text.split(separator: "\n").map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") ? line.dropFirst() : line
        }
        var (configuration, problems) = Configuration.read(
            lines.joined(separator: "\n"), folder: "/", home: "/home/anna")
        #expect(problems == [])
        #expect(configuration.account.url == "wss://chat.example")
        for path in [
            \.account.user, \.account.name, \.account.url, \.account.apiKey, \.account.email,
            \.account.tokenFile, \.account.tokenCommand, \.authorities, \.dataFolder, \.logFile,
        ] as [WritableKeyPath<Configuration, String?>] {
            #expect(configuration[keyPath: path] != nil)
            configuration[keyPath: path] = nil
        }
        #expect(configuration.language == language, "the language that the file is written in")
        configuration.language = nil
        #expect(configuration.keyBindings == .standard)
        #expect(configuration.theme == Theme())
        #expect(configuration.preferences.templates.count == 2)
        configuration.preferences.templates = []
        #expect(configuration.account.project?.host == "abcdefgh.supabase.co")
        configuration.account.project = nil
        #expect(configuration.profiles["shop"]?.email == "shop@mail.example")
        configuration.profiles = [:]
        configuration.keys = [:]
        configuration.colors = [:]
        #expect(configuration == Configuration())
    }

    @Test(arguments: Language.allCases)
    func namesEverything(language: Language) {
        let texts = Texts(language)
        let lines = DefaultFile(texts).text.split(separator: "\n")
        for setting in Setting.allCases {
            #expect(!texts.explanation(of: setting).isEmpty, "\(setting.key)")
            let sample = setting == .language ? "\"\(language.rawValue)\"" : setting.sample
            #expect(lines.contains("#\(setting.name) = \(sample)"))
        }
        for (action, _) in KeyBindings.defaultKeys {
            #expect(lines.contains { $0.hasPrefix("#\(action) = [\"") }, "\(action)")
        }
        for color in ["red", "green", "yellow", "cyan"] { #expect(lines.contains { $0.hasPrefix("#\(color) = \"") }) }
        for placeholder in Template.Placeholder.allCases {
            #expect(texts.templatesHead.contains("{\(placeholder.rawValue)}"), "\(placeholder)")
        }
        #expect(lines.allSatisfy { $0.count <= 120 })
    }
}
