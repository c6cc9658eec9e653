import ChatWire
import Foundation
import HostSystem
import Testing

@testable import ChatUI
@testable import LocalStore
@testable import WebSocketTransport
@testable import chat_tui

/// Each text of the corpus in the arguments of other programs, in file names and in requests.
@Suite("Hostile text: programs, file names, requests", .serialized)
struct ProgramSinkTests {
    /// The program gets the address as one argument, byte for byte, and no shell interprets it.
    @Test func browser() async throws {
        let folder = URL(filePath: NSTemporaryDirectory()).appending(path: "browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let script = folder.appending(path: "browser")
        try Data(
            """
            #!/bin/sh
            printf '%s\\0' "$#" "$@" > "$0.new"
            mv "$0.new" "$0.called"
            """.utf8
        ).write(to: script)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: script.path)
        let called = folder.appending(path: "browser.called")
        let addresses = Set(Corpus.texts.flatMap { Link.all(in: UntrustedText($0.whole)).map(\.address) })
        try #require(addresses.count > 5)
        for command in [script.path, "\(script.path) --new %s:other"] {
            for address in addresses {
                let browser = try #require(try Browser.all(environment: ["BROWSER": command]).first)
                let process = try browser.start(with: address)
                #expect(ChildProcess.waitForEnd(of: process) == .exited(code: 0))
                let bytes = try await contents(of: called)
                let expected = command.contains("%s") ? ["2", "--new", address] : ["1", address]
                #expect(bytes == Data(expected.flatMap { Array($0.utf8) + [0] }))
                try FileManager.default.removeItem(at: called)
            }
        }
    }

    @Test("a shell is no browser", arguments: ["sh -c", "/bin/bash -c %s", "env dash -c", "eval"])
    func shell(command: String) throws {
        let browser = try #require(try Browser.all(environment: ["BROWSER": command]).first)
        #expect(throws: ProgramFailure(browser.name, .shell)) {
            try browser.start(with: "https://a.example/;touch${IFS}x")
        }
    }

    /// Without a named editor the usual one is looked for in PATH, but never in a folder where somebody else may have
    /// put it.
    @Test("no program out of the folder that one is in", arguments: ["", ".", "bin:.", "/nowhere"])
    func editorInPath(path: String) {
        #expect(ChildProcess.path(of: "sh", environment: ["PATH": "\(path):/bin"]) == "/bin/sh")
        #expect(ChildProcess.path(of: "Package.swift", environment: ["PATH": path]) == nil)
        #expect(Editor(environment: ["PATH": path]) == nil && Editor(environment: [:]) == nil)
    }

    @Test(arguments: Corpus.texts) func fileNames(_ text: Corpus.Text) throws {
        let user = UserID(text.whole) ?? UserID("u")!
        let files = StoreFiles(folder: "/folder", server: text.whole, user: user)
        let name = try #require(files.database.split(separator: "/").last)
        #expect(files.database == "/folder/\(name)")
        #expect(name.wholeMatch(of: /history-[0-9a-f]{32}\.sqlite/) != nil)
    }

    /// A draft's file keeps each byte, and its name contains none of them.
    @Test(arguments: Corpus.texts) func draftFile(_ text: Corpus.Text) throws {
        let file = try EditedText(text.whole)
        defer { file.settle(.goes) }
        #expect(file.path.hasSuffix("/message.txt") && file.path.harm() == [])
        guard case .text(let content) = file.content else { return #expect(Bool(false), "it can be read") }
        #expect(content.utf8.elementsEqual(text.whole.utf8))
    }

    @Test(arguments: Corpus.texts) func headerFields(_ text: Corpus.Text) {
        for value in HTTPHeaderFields([("X-Test", text.whole)]).nioHeaders["X-Test"] {
            #expect(value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
        }
    }

    private func contents(of file: URL) async throws -> Data {
        let deadline = ContinuousClock.now + .seconds(300)
        while true {
            if let data = try? Data(contentsOf: file) { return data }
            try #require(ContinuousClock.now < deadline)
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}
