import Foundation

/// A way out of the programs: data given to it reaches a terminal, a file, another program or the network.
enum SinkKind: String, CaseIterable {
    /// Standard output and standard error, and any other file handle.
    case handle
    /// Bytes to a descriptor, a buffer or a channel.
    case write
    /// The text that the Swift runtime prints when it traps.
    case trap
    /// Files and folders by name.
    case path
    case log
    case ncurses
    /// Control sequences for a terminal.
    case escape
    /// Another program's arguments and environment.
    case spawn
    /// Text inserted into a statement, not bound to it.
    case sql
    /// The heads of requests and answers.
    case http

    var pattern: String {
        switch self {
        case .handle:
            #"\bFileHandle\b|\b(print|debugPrint|dump|puts|fputs|printf|fprintf|vprintf|perror|NSLog|syslog)\("#
        case .write:
            // The stores' transactions have this name, too.
            #"\b(?<!await )(write|writeAndFlush|pwrite|writev|fwrite|putc|putchar|fputc|dprintf|sendmsg|sendto)\("#
        case .trap: #"\b(fatalError|preconditionFailure|assertionFailure|precondition|assert)\("#
        case .path:
            #"\b(createFile|createDirectory|removeItem|moveItem|copyItem|createSymbolicLink|mkdir|mkdtemp|mkstemp"#
                + #"|rename|symlink|link|unlink|chmod|creat)\(|\bO_CREAT\b|\.(bind|connect)\(unixDomainSocketPath"#
        case .log: #"\bLogger\(|\b(\w*[lL]og|output)\.(log|trace|debug|info|notice|warning|error|critical)\("#
        case .ncurses: #"\b(m?v?w?(add|ins|echo)_?(w?n?str|chn?str|ch|wchn?str|wch)|[mw]*printw|putp|tputs|setcchar)\("#
        case .escape: #"\\u\{0*(1[bB]|9[bBdD])\}|[\[+] *Byte\.escape\b"#
        case .spawn: #"(?<![.\w])(?<!case )(posix_spawnp?|exec[vl]p?e?|fork|system|popen|Process|setenv|putenv)\("#
        case .sql: #"sql:[^"]*"[^"]*\\\("#
        case .http: #"\bHTTP(Request|Response)Head\("#
        }
    }
}

/// Finds the ways out in the sources.
struct SinkScanner {
    /// How often each kind occurs in each file. The paths are relative to `Sources`.
    static func scan(_ sources: URL) throws -> [String: [SinkKind: Int]] {
        let expressions = try SinkKind.allCases.map { ($0, try NSRegularExpression(pattern: $0.pattern)) }
        var found: [String: [SinkKind: Int]] = [:]
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard ["swift", "h", "c"].contains(file.pathExtension) else { continue }
            let path = file.path.dropFirst(sources.path.count + 1)
            let text = code(try String(contentsOf: file, encoding: .utf8))
            for (kind, expression) in expressions {
                let count = expression.numberOfMatches(in: text, range: NSRange(text.startIndex..., in: text))
                if count > 0 { found[String(path), default: [:]][kind] = count }
            }
        }
        return found
    }

    /// The code without comments and declarations of functions, and with each SQL statement on one line.
    static func code(_ text: String) -> String {
        var lines: [String] = []
        var isStatement = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var line = String(line)
            if let comment = line.range(of: #"(^|\s)//.*$"#, options: .regularExpression) {
                line.removeSubrange(comment)
            }
            line = line.replacingOccurrences(of: #"\bfunc \w+"#, with: "func", options: .regularExpression)
            if isStatement, line.contains(#"""""#) { isStatement = false }
            if isStatement || line.hasSuffix(#"sql: """"#), !lines.isEmpty || isStatement {
                if isStatement {
                    lines[lines.count - 1] += " " + line.replacingOccurrences(of: "\"", with: "'")
                } else {
                    lines.append(String(line.dropLast(2)))
                    isStatement = true
                }
            } else {
                lines.append(line)
            }
        }
        return lines.joined(separator: "\n")
    }
}
