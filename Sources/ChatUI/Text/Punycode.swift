/// Decodes host names in Punycode (`xn--…`, RFC 3492), so that the user sees the name as browsers show it.
enum Punycode {
    private static let (base, tMin, tMax, skew, damp): (Int, Int, Int, Int, Int) = (36, 1, 26, 38, 700)

    /// The host with its encoded labels decoded as far as possible. Nil if no label is encoded.
    static func decoded(host: String) -> String? {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.contains(where: isEncoded) else { return nil }
        return labels.map { isEncoded($0) ? decoded($0.dropFirst(4)) ?? String($0) : String($0) }
            .joined(separator: ".")
    }

    private static func isEncoded(_ label: Substring) -> Bool { label.lowercased().hasPrefix("xn--") }

    /// Decodes the part after `xn--`. Nil if it is malformed (RFC 3492, section 6.2).
    static func decoded(_ text: Substring) -> String? {
        guard text.utf8.count <= 63, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let delimiter = text.lastIndex(of: "-")
        var output = Array(text[..<(delimiter ?? text.startIndex)].unicodeScalars)
        let digits = text[(delimiter.map(text.index(after:)) ?? text.startIndex)...].utf8
        var (code, index, bias) = (128, 0, 72)
        var rest = digits[...]
        while !rest.isEmpty {
            let (start, count) = (index, output.count + 1)
            guard let step = number(&rest, bias) else { return nil }
            index += step
            bias = adapted(index - start, count, isFirst: start == 0)
            code += index / count
            index %= count
            // A label has at tMax 63 letters, so no sum can overflow before this check fails.
            guard code <= 0x10FFFF, let scalar = Unicode.Scalar(UInt32(code)) else { return nil }
            output.insert(scalar, at: index)
            index += 1
        }
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: output)
        return String(scalars)
    }

    /// Decodes one integer of variable length.
    private static func number(_ rest: inout Substring.UTF8View, _ bias: Int) -> Int? {
        var (value, weight, place) = (0, 1, base)
        while let digit = rest.popFirst().flatMap(digit) {
            let (part, isTooMuch) = digit.multipliedReportingOverflow(by: weight)
            guard !isTooMuch, part <= 0x7FFF_FFFF - value else { return nil }
            value += part
            let threshold = min(max(place - bias, tMin), tMax)
            if digit < threshold { return value }
            weight *= base - threshold
            guard weight <= 0x7FFF_FFFF else { return nil }
            place += base
        }
        return nil
    }

    private static func digit(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte - UInt8(ascii: "a"))
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0")) + 26
        default: nil
        }
    }

    private static func adapted(_ delta: Int, _ count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / damp : delta / 2
        delta += delta / count
        var place = 0
        while delta > (base - tMin) * tMax / 2 {
            delta /= base - tMin
            place += base
        }
        return place + (base - tMin + 1) * delta / (delta + skew)
    }
}
