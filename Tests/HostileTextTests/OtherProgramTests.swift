import Foundation
import HostSystem
import Testing

@testable import ChatUI
@testable import chat_tui

/// `$EDITOR`, `$VISUAL` and `$BROWSER`, interpreted as other programs do.
@Suite struct OtherProgramTests {
    @Test(
        arguments: [
            ("", [[]]), ("a  b", [["a", "b"]]), ("'a b' c", [["a b", "c"]]), ("a\\ b", [["a b"]]),
            ("\"a\\\"b\"", [["a\"b"]]),
            ("\"a\\nb\"", [["a\\nb"]]), ("'a\\'", [["a\\"]]), ("a''b \"\"", [["ab", ""]]),
            ("a:b c", [["a"], ["b", "c"]]),
            ("'a:b':c", [["a:b"], ["c"]]), ("'", nil), ("\"a\\\"", nil), ("a\\", nil),
            ("$HOME `x` *", [["$HOME", "`x`", "*"]]),
        ] as [(String, [[String]]?)])
    func words(text: String, parts: [[String]]?) {
        #expect(ShellWords.parts(of: text, separator: ":") == parts)
    }

    @Test(
        arguments: [
            ("firefox", [["firefox", "URL"]]), ("firefox --new %s", [["firefox", "--new", "URL"]]),
            ("a --url=%s&x=%%:b", [["a", "--url=URL&x=%"], ["b", "URL"]]),
            ("'my browser' -x", [["my browser", "-x", "URL"]]),
            ("firefox %s &", [["firefox", "URL"]]), ("::a:", [["a", "URL"]]),
            ("a %cx %%s", [["a", ":x", "%s", "URL"]]),
            ("a 100%", [["a", "100%", "URL"]]), ("a %x%s%", [["a", "%xURL%"]]), ("", []), (" : ", []),
        ] as [(String, [[String]])])
    func browsers(variable: String, expected: [[String]]) throws {
        #expect(try Browser.all(environment: ["BROWSER": variable]).map { $0.words(for: "URL") } == expected)
    }

    /// The content of an address is never interpreted again.
    @Test func anAddressIsOneArgument() throws {
        let address = "https://a.example/%s%%$(touch x);'\"`|& :%c"
        for (variable, words) in [("b", ["b", address]), ("b -%s-", ["b", "-\(address)-"])] {
            #expect(try Browser.all(environment: ["BROWSER": variable])[0].words(for: address) == words)
        }
    }

    @Test func aQuoteThatIsNotClosed() {
        #expect(throws: ProgramFailure("a 'b", .unclosedQuote)) { try Browser.all(environment: ["BROWSER": "a 'b"]) }
    }

    /// Each one that fails is skipped, and all are reported with their reasons.
    @Test func severalBrowsers() async throws {
        let browsers = try Browser.all(environment: ["BROWSER": "/nowhere/a:/etc/passwd:false:sh -c:true"])
        let failures = await withCheckedContinuation { continuation in
            Browser.open("https://a.example/", in: Array(browsers.dropLast())) { continuation.resume(returning: $0) }
        }
        #expect(
            failures == [
                ProgramFailure("/nowhere/a", .notStarted(ENOENT)), ProgramFailure("/etc/passwd", .notStarted(EACCES)),
                ProgramFailure("false", .exited(code: 1)), ProgramFailure("sh", .shell),
            ])
        let russian = Texts(.russian).program(.linkNotOpened(failures))
        #expect(russian.contains("/nowhere/a: нет такой программы") && russian.contains("false: код завершения 1"))
        #expect(Texts(.english).program(.linkNotOpened(failures)).contains("/etc/passwd: no permission to run it"))
    }

    /// The editor's command is the user's, for a shell. The file is one argument, whatever its name is.
    @Test(
        arguments: [
            ("cp '%/a b'", nil), ("cp \"%/a b\"", nil), ("cp %/a\\ b", nil), ("F=%; cp \"$F/a b\"", nil),
            ("  cp   '%/a b'  ", nil), ("/nowhere/editor", .notStarted(ENOENT)),
            ("/nowhere/editor -x", .notStarted(ENOENT)),
            ("/etc/passwd", .notStarted(EACCES)), ("/etc/passwd -x", .notStarted(EACCES)),
            ("exit 3;", .exited(code: 3)),
            ("kill -9 $$;", .killed(signal: 9)),
        ] as [(String, ProgramFailure.Reason?)])
    func editors(command: String, reason: ProgramFailure.Reason?) throws {
        let folder = NSTemporaryDirectory() + "editor-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try "edited".write(toFile: folder + "/a b", atomically: true, encoding: .utf8)
        let file = folder + "/$(touch x) '\"`&;"
        let command = command.replacing("%", with: folder)
        for variable in ["VISUAL", "EDITOR"] {
            let editor = try #require(Editor(environment: [variable: command, "PATH": "/usr/bin:/bin"]))
            do throws(ProgramFailure) {
                let failure = editor.failure(ChildProcess.waitForEnd(of: try editor.start(on: file)))
                #expect(failure?.reason == reason)
            } catch {
                #expect(error.reason == reason)
            }
            if reason == nil { #expect(try String(contentsOfFile: file, encoding: .utf8) == "edited") }
            try? FileManager.default.removeItem(atPath: file)
        }
    }

    @Test func variablesInTheirOrder() throws {
        let both = try #require(Editor(environment: ["VISUAL": "a", "EDITOR": "b"]))
        #expect(both.words(for: "f") == ["a", "f"])
        #expect(try #require(Editor(environment: ["VISUAL": " ", "EDITOR": "b c"])).name == "b")
    }
}
