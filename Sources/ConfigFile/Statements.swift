import TOMLKit

/// The content of a TOML text, with the line of each key and the problems found.
///
/// The parser reports a line only for an error. To find the line of a key, the statements are parsed one by one, and
/// the keys that a statement adds stand in its lines. A statement that does not parse is left out.
struct Statements {
    private(set) var root = TOMLTable()
    private(set) var problems: [ConfigurationProblem] = []
    /// By the dotted path of the key. It is computed when the first line is asked for.
    private var lines: [String: Int]?
    private let text: String

    /// No real settings file has more. The bound keeps the search for lines short.
    private static let maxStatements = 1000
    private static let maxProblems = 20

    init(_ text: String) {
        self.text = text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
        if let readable, let root = try? TOMLTable(string: readable) {
            self.root = root
        } else {
            parseByStatement()
        }
    }

    /// The whole text as the parser can be given it. Nil if the scanner does not accept all of it.
    private var readable: String? {
        var scanner = StatementScanner(text)
        var statements: [StatementScanner.Statement] = []
        while let piece = scanner.next() {
            guard case .success(let statement) = piece else { return nil }
            statements.append(statement)
        }
        return statements.contains(where: \.isQuoted) ? statements.map(\.text).joined(separator: "\n") : text
    }

    /// The line of a key, counted from 1.
    mutating func line(of path: [String]) -> Int {
        if lines == nil { parseByStatement() }
        return lines?[path.joined(separator: ".")] ?? 1
    }

    private mutating func parseByStatement() {
        problems = []
        var lines: [String: Int] = [:]
        var good = ""
        var goodLines = 0
        var scanner = StatementScanner(text)
        for _ in 0..<Self.maxStatements {
            guard problems.count < Self.maxProblems, let piece = scanner.next() else { break }
            switch piece {
            case .failure(let fault):
                note(foreignTable(inLine: fault.line) ?? .syntax(column: fault.column), at: fault.line)
            case .success(let statement):
                do {
                    root = try TOMLTable(string: good + statement.text + "\n")
                    good += statement.text + "\n"
                    goodLines += statement.text.utf8.count { $0 == 0x0A } + 1
                    Self.note(root, [], at: statement.line, in: &lines)
                } catch {
                    scanner.reject(statement)
                    let line = statement.isQuoted ? nil : goodLines + 1
                    note(Self.fault(error, inLine: line), at: statement.line)
                }
            }
        }
        self.lines = lines
    }

    private mutating func note(_ fault: ConfigurationProblem.Fault, at line: Int) {
        problems.append(ConfigurationProblem(line: line, fault: fault))
    }

    /// A header such as `[шаблоны]`: no table has such a name, and TOML would want quotes around it.
    ///
    /// - Parameter line: It is counted from 1.
    private func foreignTable(inLine line: Int) -> ConfigurationProblem.Fault? {
        let lines = text.utf8.split(separator: 0x0A, maxSplits: line, omittingEmptySubsequences: false)
        guard lines.indices.contains(line - 1) else { return nil }
        let header = String(lines[line - 1]) ?? ""
        guard let match = header.wholeMatch(of: /\s*\[\s*([\p{L}\p{N}_. -]+?)\s*\]\s*(?:#.*)?/),
            !match.1.allSatisfy(\.isASCII)
        else { return nil }
        let profile = "\(Setting.Table.profiles.rawValue)."
        if match.1.hasPrefix(profile) { return .badProfileName(String(match.1.dropFirst(profile.count))) }
        return .unknownTable(String(match.1))
    }

    /// The parser's description may quote the file, so it is never shown.
    private static func fault(_ error: any Error, inLine line: Int?) -> ConfigurationProblem.Fault {
        guard let error = error as? TOMLParseError else { return .syntax(column: nil) }
        if error.description.contains("redefine") { return .defined }
        let begin = error.source.begin
        return .syntax(column: begin.line == line ? begin.column : nil)
    }

    private static func note(_ table: TOMLTable, _ path: [String], at line: Int, in lines: inout [String: Int]) {
        for (key, value) in table.entries {
            let path = path + [key]
            let name = path.joined(separator: ".")
            if lines[name] == nil { lines[name] = line }
            if let inner = value.table { note(inner, path, at: line, in: &lines) }
        }
    }
}

extension TOMLTable {
    /// The table's entries. TOMLKit's own iterator traps at a key that it does not find again.
    var entries: [(key: String, value: any TOMLValueConvertible)] {
        keys.compactMap { key in self[key].map { (key, $0) } }
    }
}
