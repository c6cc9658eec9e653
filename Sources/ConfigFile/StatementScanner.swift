/// Cuts a TOML text into its statements, each with its line: keys with their values, and the headers of tables.
///
/// It looks at strings, comments and brackets only, and lets nothing through where these are not whole. What a value
/// is, the parser decides; but that ends the program, or stops without a word, at some texts that this refuses.
struct StatementScanner {
    struct Statement {
        /// Of one line or several, without the last line break.
        var text: String
        /// Counted from 1.
        var line: Int
    }

    struct Fault: Error {
        var line: Int
        /// Counted from 1. Nil if it is in a later line of the statement.
        var column: Int?
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    /// Where the line begins.
    private var lineStart = 0
    private var brackets: [UInt8] = []
    /// Below the header of a table that cannot be read, lines are nobody's.
    private var isInLostTable = false
    /// A value of several lines could not be read; what does not look like another statement is the rest of it.
    private var isInLostValue = false

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The next statement, or what is wrong in the next line that is none. Nil at the end.
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
                return .success(Statement(text: text, line: startLine))
            } catch {
                giveUp(start, startLine)
                return .failure(Fault(line: startLine, column: error.line == startLine ? error.column : nil))
            }
        }
        return nil
    }

    /// The statement was refused by somebody else.
    mutating func lose(_ statement: Statement) {
        if statement.text.utf8.first(where: { !$0.isBlank }) == UInt8(ascii: "[") { isInLostTable = true }
    }

    /// What follows the first line may be whole statements.
    private mutating func giveUp(_ start: Int, _ startLine: Int) {
        isInLostTable = bytes[start...].first { !$0.isBlank } == UInt8(ascii: "[")
        isInLostValue = !brackets.isEmpty || line > startLine
        brackets = []
        (position, line, lineStart) = (start, startLine, start)
        skipLine()
    }
}

// MARK: - Lines

extension StatementScanner {
    private var rest: ArraySlice<UInt8> { bytes[position...] }

    /// Blank lines, comments, and what is left of statements that were none.
    private var isToSkip: Bool {
        mutating get {
            let content = rest.prefix { $0 != .lineFeed }.drop { $0.isBlank || $0 == .carriageReturn }
            guard let first = content.first else { return true }
            if first == UInt8(ascii: "#") && !content.contains(0) { return true }
            let isHeader = first == UInt8(ascii: "[")
            if isHeader { isInLostTable = false }
            if isHeader || content.contains(UInt8(ascii: "=")) { isInLostValue = false }
            return isInLostTable || isInLostValue
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
        // Columns are characters, as an editor counts them.
        let before = bytes[lineStart..<min(position, bytes.count)]
        return Fault(line: line, column: String(decoding: before, as: UTF8.self).unicodeScalars.count + 1)
    }
}

// MARK: - Tokens

extension StatementScanner {
    /// Goes to the end of the statement's last line.
    private mutating func scan() throws(Fault) {
        let isHeader = rest.first { !$0.isBlank } == UInt8(ascii: "[")
        if isHeader { try checkHeader() }
        while position < bytes.count {
            switch bytes[position] {
            case .lineFeed:
                if brackets.isEmpty { return }
                // Only a list may go on.
                if isHeader || brackets.last == UInt8(ascii: "{") { throw fault() }
                nextLine()
                continue
            case UInt8(ascii: "#"): try skipComment()
            case UInt8(ascii: "\""), UInt8(ascii: "'"): try skipString(bytes[position])
            case UInt8(ascii: "["), UInt8(ascii: "{"): try push()
            case UInt8(ascii: "]"), UInt8(ascii: "}"): try pop()
            // Of a time of day, which no setting is: the parser does not take every wrong one.
            case UInt8(ascii: ":"): throw fault()
            case UInt8(ascii: "=") where brackets.last == UInt8(ascii: "["): throw fault()
            case 0x09, .carriageReturn, 0x20..<0x7F: position += 1
            default: throw fault()
            }
        }
        if !brackets.isEmpty { throw fault() }
    }

    /// A header begins with a key.
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
                // One or two quotes may stand before the closing ones.
                while bytes[safe: position] == quote { position += 1 }
                return
            }
            if bytes[position] == .lineFeed { nextLine() } else { try skipCharacter(quote) }
        }
        throw start
    }

    /// One byte, or a backslash with what it takes its meaning from. A text ends at a NUL for the parser, so none may be
    /// written by its number.
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
