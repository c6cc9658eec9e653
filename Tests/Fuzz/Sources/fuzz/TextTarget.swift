import ChatWire

/// The code that makes other people's text safe to show.
enum TextTarget {
    static func check(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        for lineBreaks in [UntrustedText.LineBreaks.spaces, .kept] {
            let shown = UntrustedText(text).displayed(lineBreaks: lineBreaks)
            for scalar in shown.unicodeScalars where !(scalar == "\n" && lineBreaks == .kept) {
                require(isHarmless(scalar), "U+\(String(scalar.value, radix: 16)) is not shown")
            }
            require(UntrustedText(shown).displayed(lineBreaks: lineBreaks) == shown, "safe text stays as it is")
            require(scalarByScalar(text, lineBreaks) == shown, "whole and scalar by scalar are the same")
        }
    }

    /// This check uses general categories and properties; the code under test has ranges.
    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return false
        // Deprecated letters such as ŉ are still letters.
        case .format where properties.isDeprecated: return false
        default: return !properties.isBidiControl && !properties.isNoncharacterCodePoint
        }
    }

    private static func scalarByScalar(_ text: String, _ lineBreaks: UntrustedText.LineBreaks) -> String {
        var shown = ""
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if !(previous == "\r" && scalar == "\n") {
                shown.unicodeScalars += UntrustedText(String(scalar)).displayed(lineBreaks: lineBreaks).unicodeScalars
            }
            previous = scalar
        }
        return shown
    }
}
