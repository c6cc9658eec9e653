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

    /// Every line with a setting can be uncommented, and then changes nothing.
    @Test(arguments: Language.allCases)
    func tellsTheDefaults(language: Language) {
        let lines = DefaultFile(Texts(language)).text.split(separator: "\n").map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") ? line.dropFirst() : line
        }
        var (configuration, problems) = Configuration.read(
            lines.joined(separator: "\n"), folder: "/", home: "/home/anna")
        #expect(problems == [])
        #expect(configuration.url == "wss://chat.example")
        for path in [\.user, \.name, \.url, \.apiKey, \.tokenFile, \.authorities, \.dataFolder, \.logFile]
            as [WritableKeyPath<Configuration, String?>]
        {
            #expect(configuration[keyPath: path] != nil)
            configuration[keyPath: path] = nil
        }
        #expect(configuration.language == .russian)
        configuration.language = nil
        #expect(configuration.keyBindings == .standard)
        #expect(configuration.theme == Theme())
        #expect(configuration.preferences.templates.count == 2)
        configuration.preferences.templates = []
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
            #expect(lines.contains("#\(setting.name) = \(setting.sample)"))
        }
        for (action, _) in KeyBindings.defaultKeys {
            #expect(lines.contains { $0.hasPrefix("#\(action) = [\"") }, "\(action)")
        }
        for color in ["red", "green", "yellow", "cyan"] { #expect(lines.contains { $0.hasPrefix("#\(color) = \"") }) }
        #expect(lines.allSatisfy { $0.count <= 120 })
    }
}
