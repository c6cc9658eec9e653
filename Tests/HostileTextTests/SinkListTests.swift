import Foundation
import Testing

/// `Sinks.txt` lists every way out of the programs, and why somebody else's text does no harm there.
@Suite("Hostile text: the list of all ways out")
struct SinkListTests {
    private static let list = Corpus.tests.appending(path: "HostileTextTests/Sinks.txt")
    private static let sources = Corpus.tests.deletingLastPathComponent().appending(path: "Sources")

    @Test("a way out that is not listed, or not so often, fails: say why it is safe")
    func listIsComplete() throws {
        let found = try SinkScanner.scan(Self.sources)
        let listed = try Self.listed()
        for path in Set(found.keys).union(listed.keys).sorted() {
            for kind in SinkKind.allCases {
                let (here, there) = (found[path]?[kind] ?? 0, listed[path]?[kind] ?? 0)
                #expect(here == there, "\(path): \(kind) stands there \(here) times, and \(there) times in Sinks.txt")
            }
        }
    }

    @Test(
        "the scanner finds what it is meant to find",
        arguments: [
            ("print(name)", [SinkKind.handle]), ("FileHandle.standardError.write(data)", [.handle, .write]),
            ("// print(name)", []), ("func write(_ x: Int) {}", []), ("fatalError(name)", [.trap]),
            (#"let x = "\u{1B}]0;\(name)""#, [.escape]), (#"log.warning("\(name)")"#, [.log]),
            ("waddwstr(window, name)", [.ncurses]), ("wadd_wchnstr(w, c, n)", [.ncurses]), ("putp(name)", [.ncurses]),
            ("posix_spawnp(&p, name)", [.spawn]), ("system(name)", [.spawn]),
            ("execute(sql: \"SELECT \\(name)\")", [.sql]),
            ("execute(sql: \"SELECT ?\", arguments: [\"\\(name)\"])", []),
            ("x\nexecute(\n  sql: \"\"\"\n  SELECT\n  \\(name)\n  \"\"\")", [.sql]),
            ("FileManager.default.createFile(atPath: name)", [.path]), ("open(name, O_CREAT | O_RDWR)", [.path]),
            (#"url: "https://x.example" + print(name)"#, [.handle]), ("HTTPResponseHead(version: v)", [.http]),
        ] as [(String, [SinkKind])])
    func scanner(code: String, kinds: [SinkKind]) throws {
        let folder = URL(filePath: NSTemporaryDirectory()).appending(path: "sinks-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(code.utf8).write(to: folder.appending(path: "x.swift"))
        let found = try SinkScanner.scan(folder).values.flatMap(\.keys)
        #expect(Set(found) == Set(kinds))
    }

    /// A file's path is alone on its line. Below it, indented, are each kind, how often it occurs, and why it is safe.
    private static func listed() throws -> [String: [SinkKind: Int]] {
        var listed: [String: [SinkKind: Int]] = [:]
        var path = ""
        for line in try String(contentsOf: list, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
            guard line.hasPrefix(" ") else {
                path = String(line)
                continue
            }
            let words = line.split(separator: " ", maxSplits: 2)
            try #require(words.count == 3, "\(path): why is \(line) safe?")
            let kind = try #require(SinkKind(rawValue: String(words[0])), "\(line)")
            listed[path, default: [:]][kind] = Int(words[1])
        }
        return listed
    }
}
