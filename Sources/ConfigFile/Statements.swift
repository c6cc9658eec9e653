import TOMLKit

/// What a TOML text says, and the lines where it says it: what can be read of it, and what cannot.
///
/// The parser tells no lines but that of an error. So where lines are asked for, it is given the statements one after
/// another: the keys that come with a statement stand there. One that it does not take is left out.
struct Statements {
    private(set) var root = TOMLTable()
    private(set) var problems: [ConfigurationProblem] = []
    /// By the dotted path of the key. Made when somebody asks for a line.
    private var lines: [String: Int]?
    private let text: String

    /// Files with more of them are nobody's settings.
    private static let maxStatements = 1000
    private static let maxProblems = 20

    init(_ text: String) {
        self.text = text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
        if isWhole, let root = try? TOMLTable(string: self.text) {
            self.root = root
        } else {
            walk()
        }
    }

    /// Safe to be parsed at once.
    private var isWhole: Bool {
        var scanner = StatementScanner(text)
        while let piece = scanner.next() {
            if case .failure = piece { return false }
        }
        return true
    }

    /// The line where a key of the text stands, counted from 1.
    mutating func line(of path: [String]) -> Int {
        if lines == nil { walk() }
        return lines?[path.joined(separator: ".")] ?? 1
    }

    private mutating func walk() {
        problems = []
        var lines: [String: Int] = [:]
        var good = ""
        var goodLines = 0
        var scanner = StatementScanner(text)
        for _ in 0..<Self.maxStatements {
            guard problems.count < Self.maxProblems, let piece = scanner.next() else { break }
            switch piece {
            case .failure(let fault): note(.syntax(column: fault.column), at: fault.line)
            case .success(let statement):
                do {
                    root = try TOMLTable(string: good + statement.text + "\n")
                    good += statement.text + "\n"
                    goodLines += statement.text.utf8.count { $0 == 0x0A } + 1
                    Self.note(root, [], at: statement.line, in: &lines)
                } catch {
                    scanner.lose(statement)
                    note(Self.fault(error, inLine: goodLines + 1), at: statement.line)
                }
            }
        }
        self.lines = lines
    }

    private mutating func note(_ fault: ConfigurationProblem.Fault, at line: Int) {
        problems.append(ConfigurationProblem(line: line, fault: fault))
    }

    /// The error's description may hold what the file does, so it is shown to nobody.
    private static func fault(_ error: any Error, inLine line: Int) -> ConfigurationProblem.Fault {
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
    /// What the table's own iterator gives, which ends the program at a key that it does not find again.
    var entries: [(key: String, value: any TOMLValueConvertible)] {
        keys.compactMap { key in self[key].map { (key, $0) } }
    }
}
