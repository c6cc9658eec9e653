import ChatWire

/// A URL in a message.
struct Link: Sendable, Hashable {
    /// The URL. It is safe to show, to copy and to pass to a program.
    let address: String
    let warnings: [Warning]

    enum Warning: Sendable, Hashable {
        /// The host mixes scripts with letters that look alike.
        case mixedScripts(host: String)
        /// The host is in another script than its Latin top-level domain, so it may look like a Latin name.
        case homograph(host: String)
        /// The host has invisible characters, or lookalikes of dots, slashes or plain letters.
        case suspiciousCharacters(host: String)
        /// The host is in Punycode, which hides its letters. `letters` is the decoded host; nil if it cannot be
        /// decoded.
        case punycode(host: String, letters: String?)
        /// What looks like the host is a user name. The parameter is the real host.
        case userInfoBeforeHost(String)
    }

    init(_ address: String) {
        self.address = address
        warnings = Self.warnings(of: address)
    }

    /// The URLs in a text, in order: `http://…`, `https://…` and `www.…`.
    static func all(in text: UntrustedText) -> [Link] {
        var links: [Link] = []
        var rest = text.displayed(lineBreaks: .kept)[...]
        while let start = nextStart(in: rest) {
            let candidate = trimmed(rest[start...].prefix { $0.mayBeInLink })
            rest = candidate.isEmpty ? rest[rest.index(after: start)...] : rest[candidate.endIndex...]
            guard host(of: candidate) != nil else { continue }
            let hasScheme = candidate.firstRange(of: "://") != nil
            links.append(Link(hasScheme ? String(candidate) : "https://\(candidate)"))
        }
        return links
    }

    private static let prefixes = ["https://", "http://", "www."]

    /// Where the next URL begins. It cannot begin inside a word.
    private static func nextStart(in text: Substring) -> Substring.Index? {
        text.indices.first { index in
            guard "hwHW".contains(text[index]) else { return false }
            if index > text.startIndex, text[text.index(before: index)].isLetter { return false }
            let rest = text[index...].prefix(8).lowercased()
            return prefixes.contains(where: rest.hasPrefix)
        }
    }

    /// Removes punctuation at the end that belongs to the sentence.
    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let last = text.last {
            let isSentence = ".,;:!?…'\"".contains(last)
            let isUnopened = last == ")" && text.count { $0 == ")" } > text.count { $0 == "(" }
            guard isSentence || isUnopened else { break }
            text.removeLast()
        }
        return text
    }
}

// MARK: - Hosts

extension Link {
    /// The part between the scheme and the path. It is parsed scalar by scalar as browsers do, so a combining mark on a
    /// slash does not hide the slash.
    private static func authority(of address: some StringProtocol) -> Substring.UnicodeScalarView {
        let scalars = Substring(address).unicodeScalars
        let afterScheme = scalars.firstRange(of: "://".unicodeScalars).map { scalars[$0.upperBound...] } ?? scalars
        return afterScheme.prefix { !"/?#\\".unicodeScalars.contains($0) }
    }

    private static func host(of address: some StringProtocol) -> String? {
        let host = authority(of: address).split(separator: "@", omittingEmptySubsequences: false).last ?? .init()
        let isName = host.contains { $0.properties.isAlphabetic || $0.properties.numericType != nil }
        guard isName else { return nil }
        return String(String.UnicodeScalarView(host.prefix { $0 != ":" }))
    }

    private static func warnings(of address: String) -> [Warning] {
        guard let host = host(of: address) else { return [] }
        let hidden = authority(of: address).contains("@") ? [Warning.userInfoBeforeHost(host)] : []
        guard let letters = Punycode.decoded(host: host) else { return hidden + warnings(ofHost: host) }
        let shown = UntrustedText(letters).displayed()
        // The warning about Punycode implies that the letters are in another script.
        let warnings = warnings(ofHost: shown).filter { $0 != .homograph(host: shown) }
        return hidden + [.punycode(host: host, letters: shown == host ? nil : shown)] + warnings
    }

    private static func warnings(ofHost host: String) -> [Warning] {
        let name = HostName(host)
        var warnings: [Warning] = []
        if name.mixesScripts {
            warnings.append(.mixedScripts(host: host))
        } else if name.isHomograph {
            warnings.append(.homograph(host: host))
        }
        if name.hasSuspiciousCharacters { warnings.append(.suspiciousCharacters(host: host)) }
        return warnings
    }
}

extension Character {
    /// Whether it can be part of a URL. White space, brackets, quotes and replacements for unsafe characters end a URL.
    fileprivate var mayBeInLink: Bool { unicodeScalars.allSatisfy(\.mayBeInLink) }
}

extension Unicode.Scalar {
    fileprivate var mayBeInLink: Bool {
        !properties.isWhitespace && !(0x2400...0x243F).contains(value)
            && !"<>\"«»“”„`|{}\u{FFFD}".unicodeScalars.contains(self)
    }
}
