import Foundation

/// The README, or an article beside the code, as Markdown.
struct Page: Sendable, CustomStringConvertible {
    /// Relative to the repository's root.
    let path: String
    let text: String

    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL

    init(_ path: String) throws {
        self.path = path
        text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    }

    /// `Page("ChatServer", "Limits")`
    init(_ module: String, _ article: String) throws { try self.init("Sources/\(module)/\(module).docc/\(article).md") }

    static let modules = ["ChatClient", "ChatServer", "ChatUI", "ChatWire"]

    /// The README first.
    static func all() throws -> [Page] {
        try [Page("README.md")] + modules.flatMap { try articles(of: $0) }
    }

    static func articles(of module: String) throws -> [Page] {
        let folder = "Sources/\(module)/\(module).docc"
        let files = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
        return try files.filter { $0.hasSuffix(".md") }.sorted().map { try Page("\(folder)/\($0)") }
    }

    var description: String { path }
    private var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    // MARK: - Tables

    /// The cells of every row of every table, without the heads.
    var rows: [[String]] {
        var rows: [[String]] = []
        var isBelowHead = false
        for line in proseLines {
            guard line.hasPrefix("|") else {
                isBelowHead = false
                continue
            }
            if line.hasPrefix("|---") {
                isBelowHead = true
            } else if isBelowHead {
                let cells = line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
                rows.append(cells.map { $0.trimmingCharacters(in: .whitespaces) })
            }
        }
        return rows
    }

    /// The rows whose first cell begins with code, by that code. A cell with several codes counts for each.
    func rows(byCode prefix: String = "") -> [String: [String]] {
        var byCode: [String: [String]] = [:]
        for row in rows where row[0].hasPrefix("`") {
            for code in row[0].codeSpans where code.hasPrefix(prefix) { byCode[code] = row }
        }
        return byCode
    }

    // MARK: - Code and links

    /// The fenced blocks of this language, each with its line end.
    func blocks(_ language: String) -> [String] {
        text.matches(of: /(?ms)^```([a-z]*)\n(.*?)^```$/).filter { $0.1 == language }.map { String($0.2) }
    }

    /// The lines outside of fenced blocks.
    private var proseLines: [Substring] {
        var isCode = false
        return lines.filter { line in
            if line.hasPrefix("```") { isCode.toggle() }
            return !isCode && !line.hasPrefix("```")
        }
    }

    /// The targets of all links and pictures.
    var links: [String] {
        let prose = proseLines.joined(separator: "\n")
        let references = prose.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
        let attributes = prose.matches(of: /(?:src|srcset|href)="([^"]+)"/).map { String($0.1) }
        return references + attributes
    }
}

extension String {
    /// The texts between backticks.
    var codeSpans: [String] { matches(of: /`([^`]+)`/).map { String($0.1) } }

    var firstWord: String { String(prefix { $0 != " " }) }
}

/// The source files, for lists that exist only there.
enum Sources {
    /// The first group of each match of the expression in the Swift files of a folder.
    static func matches(of expression: Regex<(Substring, Substring)>, in folder: String) throws -> Set<String> {
        let root = Page.root.appending(path: folder)
        let paths = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        var found: Set<String> = []
        for path in paths where path.hasSuffix(".swift") {
            let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
            found.formUnion(text.matches(of: expression).map { String($0.1) })
        }
        return found
    }
}
