/// How deep arrays and objects stand in each other.
///
/// Foundation's decoder refuses the 513th, but ends the program where that bracket is the last byte: it looks behind the end
/// for the line and column to tell.
enum JSONNesting {
    /// Far deeper than any event, or any answer of a server.
    private static let most = 100

    /// False where the text goes deeper, and where it holds a byte that no JSON in UTF-8 has: the decoder takes other
    /// encodings as well, in which brackets look otherwise.
    static func isBounded(_ json: some Sequence<UInt8>) -> Bool {
        var depth = 0
        var (isInString, isEscaped) = (false, false)
        for byte in json {
            switch byte {
            case 0, 0xFE, 0xFF: return false
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = isInString
            case UInt8(ascii: "\""): isInString.toggle()
            case _ where isInString: break
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth > most { return false }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return true
    }
}
