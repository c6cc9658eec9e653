/// Text from somebody else: a peer, a server, another program. It may contain escape sequences, direction overrides and
/// other things that must not reach a terminal. The only way to a screen, a title, a log or a pipe is `displayed()`.
public struct UntrustedText: Sendable {
    /// The text exactly as it was sent. Use it only for the wire and the store.
    public let wire: String

    public init(_ wire: String) {
        self.wire = wire
    }

    /// Whether the text contains anything visible: not only white space, joiners and fillers.
    public var isVisible: Bool { wire.unicodeScalars.contains(where: \.isVisible) }

    /// How line breaks are shown.
    public enum LineBreaks: Sendable {
        /// Each becomes a space. For names, titles and log lines.
        case spaces
        /// Each becomes `\n`. For message bodies.
        case kept
    }

    /// The text made safe to show.
    ///
    /// C0 controls and DEL become their control pictures (`␛` for ESC). C1 controls, bidirectional controls (UAX #9,
    /// section 2), deprecated format controls, tag characters outside a flag, and noncharacters become `�`. A tab
    /// becomes a space. Everything else stays. Joiners and combining marks are harmless in a file; the code that counts
    /// cells deals with them.
    public func displayed(lineBreaks: LineBreaks = .spaces) -> String {
        if wire.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return wire }
        var safe = String.UnicodeScalarView()
        var previousWasCarriageReturn = false
        var rest = wire.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            defer { previousWasCarriageReturn = scalar == "\r" }
            if let tags = rest.tagsOfFlag(behind: scalar) {
                safe.append(scalar)
                safe.append(contentsOf: tags)
                rest = rest.dropFirst(tags.count)
                continue
            }
            if scalar == "\n" && previousWasCarriageReturn { continue }
            if scalar.isLineBreak {
                safe.append(lineBreaks == .kept ? "\n" : " ")
            } else {
                safe.append(scalar.standIn ?? scalar)
            }
        }
        return String(safe)
    }
}

extension UntrustedText: Hashable {
    public static func == (left: UntrustedText, right: UntrustedText) -> Bool {
        left.wire.hasSameBytes(as: right.wire)
    }

    public func hash(into hasher: inout Hasher) { wire.hashBytes(into: &hasher) }
}

/// Printing the value, by mistake or in a log, must be as safe as showing it.
extension UntrustedText: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { displayed() }
    public var debugDescription: String { "\"\(displayed())\"" }
}

extension UntrustedText: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}

extension UntrustedText: JSONDecodable, JSONEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) { self.init(try String(json: json)) }

    public func encode(to json: inout JSONWriter) { wire.encode(to: &json) }
}

extension Substring.UnicodeScalarView {
    /// The tags after a black flag that make it the flag of England, Scotland or Wales (UTS #51,
    /// RGI_Emoji_Tag_Sequence). No other tags have a visible meaning.
    fileprivate func tagsOfFlag(behind scalar: Unicode.Scalar) -> Substring.UnicodeScalarView? {
        guard scalar == "\u{1F3F4}" else { return nil }
        return Self.tags.first { starts(with: $0) }?[...]
    }

    private static let tags: [String.UnicodeScalarView] = ["gbeng", "gbsct", "gbwls"].map { region in
        String.UnicodeScalarView(
            region.unicodeScalars.compactMap { Unicode.Scalar(0xE0000 + $0.value) } + ["\u{E007F}"])
    }
}

extension Unicode.Scalar {
    /// General category Cc: C0, DEL and C1.
    var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }

    /// Line breaks: LF, CR, and the separators of UAX #14 that some terminals and pagers obey.
    package var isLineBreak: Bool {
        self == "\n" || self == "\r" || value == 0x85 || value == 0x2028 || value == 0x2029
    }

    /// The scalar to show instead of one that must not be shown, or nil if it may be.
    package var standIn: Unicode.Scalar? {
        switch value {
        case 0x09: " "
        case 0x00...0x1F: Unicode.Scalar(0x2400 + value)  // ␀ … ␟
        case 0x7F: "\u{2421}"  // ␡
        case 0x80...0x9F: "\u{FFFD}"
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: "\u{FFFD}"  // bidirectional controls
        case 0x206A...0x206F, 0xFFF9...0xFFFB: "\u{FFFD}"  // deprecated format and annotation controls
        case 0xE0000...0xE007F: "\u{FFFD}"  // tags: a second, invisible alphabet
        case 0xFDD0...0xFDEF: "\u{FFFD}"
        case _ where value & 0xFFFE == 0xFFFE: "\u{FFFD}"
        default: nil
        }
    }
}
