import ConfigFile
import Testing

@testable import ChatUI
@testable import ConfigFile

@Suite("Documentation: keys, commands and settings")
struct ScreenWordTests {
    @Test("every action has its keys") func keys() throws {
        let rows = try Page("ChatUI", "Keys").rows
        let documented = rows.map { ($0[0].codeSpans.first ?? "") + ": " + $0[1].codeSpans.joined(separator: " ") }
        let bindings = KeyBindings.defaultKeys.map { "\($0.name): \($0.keys.joined(separator: " "))" }
        #expect(bindings.count > 40 && documented == bindings)
    }

    @Test("every slash command is there") func commands() throws {
        let documented = try Page("ChatUI", "SlashCommands").rows(byCode: "/").keys.map(\.firstWord)
        #expect(documented.sorted() == SlashCommand.all.map { "/\($0.name)" }.sorted())
    }

    @Test("every setting is there, with its default") func settings() throws {
        let rows = try Page("ChatUI", "Settings").rows(byCode: "")
        #expect(rows.keys.sorted() == Setting.allCases.map(\.key).sorted())
        for setting in Setting.allCases {
            guard case .flag = setting.kind else { continue }
            #expect(rows[setting.key]?[1] == "`\(setting.sample)`", "\(setting.key)")
        }
        let text = try Page("ChatUI", "Settings").text
        for table in Setting.Table.allCases.map(\.rawValue) { #expect(text.contains("[\(table)]"), "\(table)") }
    }

    @Test("every example of the settings is read without a complaint") func examples() throws {
        let pages = try Page.articles(of: "ChatUI").filter { !$0.blocks("toml").isEmpty }
        #expect(pages.count >= 2)
        for page in pages {
            for block in page.blocks("toml") {
                let problems = Configuration.read(block, folder: "/etc", home: "/home/anna").problems
                #expect(problems.isEmpty, "\(page): \(block)")
            }
        }
    }

    @Test("every colour is there, and every theme") func colors() throws {
        let text = try Page("ChatUI", "Settings").text
        let section = try #require(text.split(separator: "## Colours\n").last?.split(separator: "\n## ").first)
        let named = Set(String(section.split(separator: "Values are")[0]).codeSpans).subtracting(["[colors]"])
        #expect(named.sorted() == Theme.names.keys.sorted())
        let themes = try #require(try Page("ChatUI", "Settings").rows(byCode: "theme")["theme"]?.last).codeSpans
        #expect(themes.sorted() == Theme.Name.allCases.map(\.rawValue).sorted())
    }

    @Test("the exit codes of the client are those that it has") func exitCodes() throws {
        let documented = try Page("ChatUI", "CommandLine").rows.compactMap { Int($0[0]) }
        let named = try Sources.matches(of: /static let \w+: Int32 = (\d+)/, in: "Sources/chat-tui").compactMap {
            Int($0)
        }
        // Wrong usage and a missing terminal: EX_USAGE and EX_SOFTWARE are written where the program ends.
        #expect(Set(documented).sorted() == Set(named + [64, 70]).sorted())
    }

    /// It types into a window only while it sees the placeholder there.
    @Test("the chaos waits for the words of the screen") func wordsOfTheChaos() throws {
        let script = try Page("Tests/Chaos/window.py").text
        let placeholder = try #require(script.firstMatch(of: /(?m)^PLACEHOLDER = "(.+)"$/))
        #expect(String(placeholder.1) == Texts(.russian).placeholder)
    }
}
