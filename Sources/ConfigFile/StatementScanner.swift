/// Splits a TOML text into its statements with their lines: keys with their values, and table headers.
///
/// It understands strings, comments and brackets only, and refuses a text in which these are incomplete. The parser
/// then reads the values. The scanner is stricter than the grammar needs, because at some malformed texts the parser
/// crashes or stops without an error.
struct StatementScanner {
    struct Statement {
        /// One line or several, without the last line break.
        var text: String
        /// Counted from 1.
        var line: Int
        /// Whether `text` has quotes around a key that the file does not have. Columns then differ.
        var isQuoted = false
    }

    struct Fault: Error {
        var line: Int
        /// Counted from 1; nil if the fault is in a later line of the statement.
        var column: Int?
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    /// The offset of the line's first byte.
    private var lineStart = 0
    private var brackets: [UInt8] = []
    /// Whether the key of the statement has letters that are not Latin, and no quotes around them.
    private var hasForeignKey = false
    /// True below a table header that could not be read. The lines there belong to no table.
    private var isInSkippedTable = false
    /// True after a value of several lines that could not be read. Lines that do not look like a statement are the rest
    /// of it.
    private var isInSkippedValue = false

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The next statement, or the fault of the next line that is not one. Nil at the end.
    mutating func next() -> Result<Statement, Fault>? {
        while position < bytes.count {
            if isToSkip {
                skipLine()
                continue
            }
            let (start, startLine) = (position, line)
            do throws(Fault) {
                try scan()
                let text = String(decoding: bytes[start..<position], as: UTF8.self)
                skipLine()
                let quoted = hasForeignKey ? Self.quotingKeys(of: text) : text
                return .success(Statement(text: quoted, line: startLine, isQuoted: hasForeignKey))
            } catch {
                skipFaultyLine(start, startLine)
                return .failure(Fault(line: startLine, column: error.line == startLine ? error.column : nil))
            }
        }
        return nil
    }

    /// Reports that the parser refused a statement.
    mutating func reject(_ statement: Statement) {
        if statement.text.utf8.first(where: { !$0.isBlank }) == UInt8(ascii: "[") { isInSkippedTable = true }
    }

    /// Skips the first line only, since the lines after it may be statements of their own.
    private mutating func skipFaultyLine(_ start: Int, _ startLine: Int) {
        isInSkippedTable = bytes[start...].first { !$0.isBlank } == UInt8(ascii: "[")
        isInSkippedValue = !brackets.isEmpty || line > startLine
        brackets = []
        (position, line, lineStart) = (start, startLine, start)
        skipLine()
    }
}

// MARK: - Lines

extension StatementScanner {
    private var rest: ArraySlice<UInt8> { bytes[position...] }

    /// Whether the line is blank, a comment, or the rest of a statement that could not be read.
    private var isToSkip: Bool {
        mutating get {
            let content = rest.prefix { $0 != .lineFeed }.drop { $0.isBlank || $0 == .carriageReturn }
            guard let first = content.first else { return true }
            if first == UInt8(ascii: "#") && !content.contains(0) { return true }
            let isHeader = first == UInt8(ascii: "[")
            if isHeader { isInSkippedTable = false }
            if isHeader || content.contains(UInt8(ascii: "=")) { isInSkippedValue = false }
            return isInSkippedTable || isInSkippedValue
        }
    }

    private mutating func skipLine() {
        position = rest.firstIndex(of: .lineFeed) ?? bytes.count
        if position < bytes.count { nextLine() }
    }

    private mutating func nextLine() {
        position += 1
        line += 1
        lineStart = position
    }

    private func fault() -> Fault {
        // Columns count characters, as editors do.
        let before = bytes[lineStart..<min(position, bytes.count)]
        return Fault(line: line, column: String(decoding: before, as: UTF8.self).unicodeScalars.count + 1)
    }
}

// MARK: - Tokens

extension StatementScanner {
    /// Moves to the end of the statement's last line.
    private mutating func scan() throws(Fault) {
        let isHeader = rest.first { !$0.isBlank } == UInt8(ascii: "[")
        if isHeader { try checkHeader() }
        var isInKey = !isHeader
        hasForeignKey = false
        while position < bytes.count {
            switch bytes[position] {
            case .lineFeed:
                if brackets.isEmpty { return }
                // Of these, only an array may span lines.
                if isHeader || brackets.last == UInt8(ascii: "{") { throw fault() }
                nextLine()
                continue
            case UInt8(ascii: "#"): try skipComment()
            case UInt8(ascii: "\""), UInt8(ascii: "'"): try skipString(bytes[position])
            case UInt8(ascii: "["), UInt8(ascii: "{"): try push()
            case UInt8(ascii: "]"), UInt8(ascii: "}"): try pop()
            // A colon can only be part of a time. No setting is one, and the parser does not refuse every malformed
            // time.
            case UInt8(ascii: ":"): throw fault()
            case UInt8(ascii: "=") where brackets.last == UInt8(ascii: "["): throw fault()
            case UInt8(ascii: "=") where isInKey:
                isInKey = false
                position += 1
            case 0x80... where isInKey:
                try skipLetter()
                hasForeignKey = true
            case 0x09, .carriageReturn, 0x20..<0x7F: position += 1
            default: throw fault()
            }
        }
        if !brackets.isEmpty { throw fault() }
    }

    /// TOML takes only Latin letters in a key without quotes. Nobody who names a template in another script expects
    /// that, so letters of any script are taken, and the parser is given the key in quotes.
    private mutating func skipLetter() throws(Fault) {
        let next = String(decoding: rest.prefix(4), as: UTF8.self).unicodeScalars.first
        guard let next, next.properties.isAlphabetic || next.properties.generalCategory == .nonspacingMark else {
            throw fault()
        }
        position += String(next).utf8.count
    }

    private static func quotingKeys(of text: String) -> String {
        var (quoted, word): (String, String) = ("", "")
        var quote: Character?
        func flushed() -> String { word.utf8.allSatisfy { $0 < 0x80 } ? word : "\"\(word)\"" }
        for (index, character) in zip(text.indices, text) {
            if quote == nil, character == "=" { return quoted + flushed() + text[index...] }
            if quote == nil, character.utf8.allSatisfy({ $0.isBareKey || $0 >= 0x80 }) {
                word.append(character)
                continue
            }
            quoted += flushed() + String(character)
            word = ""
            if character == quote { quote = nil } else if quote == nil, "\"'".contains(character) { quote = character }
        }
        return quoted + flushed()
    }

    /// The name in a table header must begin with a key.
    private mutating func checkHeader() throws(Fault) {
        var name = rest.drop(while: \.isBlank).dropFirst().drop(while: \.isBlank)
        if name.first == UInt8(ascii: "[") { name = name.dropFirst().drop(while: \.isBlank) }
        guard let first = name.first, first.isBareKey || first == UInt8(ascii: "\"") || first == UInt8(ascii: "'")
        else {
            position = name.startIndex
            throw fault()
        }
    }

    private mutating func skipComment() throws(Fault) {
        while position < bytes.count, bytes[position] != .lineFeed {
            if bytes[position] == 0 { throw fault() }
            position += 1
        }
    }

    private mutating func skipString(_ quote: UInt8) throws(Fault) {
        let start = fault()
        if rest.starts(with: [quote, quote, quote]) { return try skipMultilineString(quote, from: start) }
        position += 1
        while position < bytes.count, bytes[position] != .lineFeed, bytes[position] != 0 {
            if bytes[position] == quote {
                position += 1
                return
            }
            try skipCharacter(quote)
        }
        throw start
    }

    private mutating func skipMultilineString(_ quote: UInt8, from start: Fault) throws(Fault) {
        position += 3
        while position < bytes.count, bytes[position] != 0 {
            if rest.starts(with: [quote, quote, quote]) {
                position += 3
                // Up to two quotes may stand before the closing three.
                while bytes[safe: position] == quote { position += 1 }
                return
            }
            if bytes[position] == .lineFeed { nextLine() } else { try skipCharacter(quote) }
        }
        throw start
    }

    /// Skips one byte, or an escaped quote or backslash. An escaped NUL is refused, because the parser would end the
    /// string there.
    private mutating func skipCharacter(_ quote: UInt8) throws(Fault) {
        if quote == UInt8(ascii: "\""), bytes[position] == UInt8(ascii: "\\") {
            if rest.starts(with: "\\u0000".utf8) || rest.starts(with: "\\U00000000".utf8) { throw fault() }
            if bytes[safe: position + 1] == quote || bytes[safe: position + 1] == bytes[position] { position += 1 }
        }
        position += 1
    }

    private mutating func push() throws(Fault) {
        guard brackets.count < 8 else { throw fault() }
        brackets.append(bytes[position])
        position += 1
    }

    private mutating func pop() throws(Fault) {
        let opening = bytes[position] == UInt8(ascii: "]") ? UInt8(ascii: "[") : UInt8(ascii: "{")
        guard brackets.last == opening else { throw fault() }
        brackets.removeLast()
        position += 1
    }
}

extension UInt8 {
    fileprivate static let lineFeed: UInt8 = 0x0A
    fileprivate static let carriageReturn: UInt8 = 0x0D

    fileprivate var isBlank: Bool { self == 0x20 || self == 0x09 }

    fileprivate var isBareKey: Bool {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return letters.contains(self | 0x20) || digits.contains(self) || self == UInt8(ascii: "-")
            || self == UInt8(ascii: "_")
    }
}

extension [UInt8] {
    fileprivate subscript(safe index: Int) -> UInt8? { indices.contains(index) ? self[index] : nil }
}
