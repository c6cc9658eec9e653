/// The host name of a link, checked for letters that look like others.
struct HostName {
    private let labels: [Substring.UnicodeScalarView]

    init(_ text: String) {
        // Browsers also take these characters for dots (UTS #46), so they end a label.
        labels = text[...].unicodeScalars.split { ".。．｡".unicodeScalars.contains($0) }
    }

    /// Whether a label mixes scripts. Latin together with Chinese, Japanese or Korean is allowed.
    var mixesScripts: Bool {
        labels.contains { label in
            let scripts = Set(label.compactMap(Script.init))
            // Chinese, Japanese and Korean names often contain Latin letters, and their own signs do not look like
            // Latin ones.
            return scripts.count > 1 && scripts != [.latin, .ideographic]
        }
    }

    /// Whether a label is in a script with lookalikes of Latin letters while the top-level domain is Latin, as in
    /// `аррӏе.com`. A host entirely in one script, such as `пример.рф`, is not suspicious.
    var isHomograph: Bool {
        guard let last = labels.last, last.allSatisfy(\.isASCII) else { return false }
        let scripts = labels.dropLast().flatMap { $0.compactMap(Script.init) }
        return scripts.contains { $0 != .latin && $0 != .ideographic }
    }

    /// Whether it contains characters that no honest name has: invisible characters, lookalikes of slashes and dots,
    /// and styled letters.
    var hasSuspiciousCharacters: Bool {
        labels.contains { label in label.contains(where: \.isSuspiciousInHost) }
    }

    /// Scripts with letters that look alike, scripts whose signs look like no letter, and all others together.
    private enum Script: Hashable {
        case latin, greek, cyrillic, ideographic, other

        init?(_ scalar: Unicode.Scalar) {
            guard scalar.properties.isAlphabetic else { return nil }
            switch scalar.value {
            case 0x41...0x7A, 0xAA...0x2AF, 0x1E00...0x1EFF, 0xFF21...0xFF5A: self = .latin
            case 0x370...0x3FF, 0x1F00...0x1FFF: self = .greek
            case 0x400...0x52F, 0x1C80...0x1C8F, 0xA640...0xA69F: self = .cyrillic
            case 0x1100...0x11FF, 0x2E80...0x312F, 0x3130...0x318F, 0x31A0...0x9FFF, 0xAC00...0xD7FF, 0xF900...0xFAFF,
                0x20000...0x3FFFF:
                self = .ideographic
            default: self = .other
            }
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isSuspiciousInHost: Bool {
        switch value {
        case 0x2D, 0x5F: return false  // - and _
        case 0x131, 0x138, 0x180...0x2FF: return true  // ı, ĸ, phonetic letters
        case 0x1D00...0x1DBF, 0x1E00...0x1EFF: return true  // more phonetic letters, letters with dots
        case 0x2070...0x218F, 0x2460...0x24FF, 0xFB00...0xFB4F, 0xFF00...0xFFEF: return true  // ², ℓ, ⓐ, ﬁ, ａ
        case 0x1D400...0x1D7FF, 0x1F100...0x1F1FF: return true  // 𝐚, 🄰
        case 0x300...0x36F: return true  // combining marks
        default: break
        }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter, .decimalNumber: return false
        case .modifierLetter, .nonspacingMark, .spacingMark: return false  // some scripts need them
        default: return true
        }
    }
}
