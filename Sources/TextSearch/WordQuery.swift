import ChatWire

/// Words to search for. A text matches if each of them is the beginning of one of its words, in any order. Case is
/// ignored, `е` matches `ё`, and the words may have been typed in the wrong keyboard layout.
///
/// Each form of a Russian word finds the others (`RussianForms`): `диваны` finds `дивана`, and `цены` finds `ценой`.
public struct WordQuery: Sendable, Hashable {
    /// The text as it was typed, without white space at its ends.
    public let text: String
    /// For each reading of the text (`KeyboardLayout`) its words.
    private let readings: [[WantedWord]]

    /// Nil if the text has no word.
    public init?(_ text: String) {
        self.text = MessageLimits.trimmed(text)
        readings = KeyboardLayout.readings(ofQuery: TextQuery.folded(self.text))
            .map { Self.words(of: $0).map(WantedWord.init) }.filter { !$0.isEmpty }
        if readings.isEmpty { return nil }
    }

    /// The query in which only the text as it was typed is meant. Nil if it has no word.
    var asTyped: WordQuery? { WordQuery(text, [Self.words(of: text).map(WantedWord.init)]) }

    private init?(_ text: String, _ readings: [[WantedWord]]) {
        if readings.allSatisfy(\.isEmpty) { return nil }
        (self.text, self.readings) = (text, readings)
    }

    private static func words(of text: String) -> [String] {
        let folded = FoldedText(UntrustedText(text))
        var words: [String] = []
        for range in Words.ranges(in: folded) {
            let word = String(decoding: folded.utf8[range], as: UTF8.self)
            if !words.contains(where: { $0.utf8.elementsEqual(word.utf8) }) { words.append(word) }
        }
        return words
    }

    /// For each reading and each of its words, how the words that match it begin: with one of these. They are folded.
    /// None of them is the beginning of another one.
    public var beginnings: [[[String]]] {
        readings.map { $0.map { $0.shortestBeginnings.map { String(decoding: $0.utf8, as: UTF8.self) }.sorted() } }
    }

    public func matches(_ text: UntrustedText) -> Bool { matches(FoldedText(text)) }

    func matches(_ text: FoldedText) -> Bool {
        // Most texts have not even the letters, and need not be divided into words.
        let possible = readings.filter { $0.allSatisfy { $0.mayOccur(in: text) } }
        if possible.isEmpty { return false }
        let words = Words.ranges(in: text)
        return possible.contains { reading in
            reading.allSatisfy { wanted in words.contains { wanted.matches(text.utf8[$0]) } }
        }
    }

    /// The ranges of the pieces of a text, such as its characters, that are words beginning as wanted.
    public func ranges(in pieces: [String]) -> [Range<Int>] {
        var (folded, pieceAt) = (FoldedText(UntrustedText("")), [Int]())
        for (index, piece) in pieces.enumerated() {
            folded.append(FoldedText(UntrustedText(piece)))
            pieceAt += Array(repeating: index, count: folded.utf8.count - pieceAt.count)
        }
        return Words.ranges(in: folded)
            .filter { word in readings.joined().contains { $0.matches(folded.utf8[word]) } }
            .map { pieceAt[$0.lowerBound]..<pieceAt[$0.upperBound - 1] + 1 }
    }

    /// A text's words as an index stores them: folded, in the order of the text, with a space after each but the last.
    /// Among ASCII characters, only letters, digits and these spaces occur.
    public static func indexedWords(of text: UntrustedText) -> String {
        let folded = FoldedText(text)
        var utf8: [UInt8] = []
        utf8.reserveCapacity(folded.utf8.count)
        for word in Words.ranges(in: folded) {
            if !utf8.isEmpty { utf8.append(UInt8(ascii: " ")) }
            utf8 += folded.utf8[word]
        }
        return String(decoding: utf8, as: UTF8.self)
    }
}

/// A word to search for.
private struct WantedWord: Hashable {
    private let beginnings: [[UInt8]]
    private let stems: [[UInt8]]
    private let words: [[UInt8]]
    /// The words that match begin with one of these. None of them is the beginning of another one.
    let shortestBeginnings: [FoldedText]

    /// - Parameter word: It is folded.
    init(_ word: String) {
        func utf8(_ texts: Set<String>) -> [[UInt8]] { texts.sorted().map { Array($0.utf8) } }
        let forms = RussianForms(of: word)
        (beginnings, stems, words) = (utf8(forms.beginnings), utf8(forms.stems), utf8(forms.words))
        let all = Set(beginnings + stems + words)
        shortestBeginnings = all.filter { one in !all.contains { $0.count < one.count && one.starts(with: $0) } }
            .map(FoldedText.init(utf8:))
    }

    func mayOccur(in text: FoldedText) -> Bool { shortestBeginnings.contains { text.contains($0) } }

    func matches(_ word: ArraySlice<UInt8>) -> Bool {
        beginnings.contains { word.starts(with: $0) }
            || stems.contains { stem in
                guard word.starts(with: stem) else { return false }
                let rest = Array(word.dropFirst(stem.count))
                return rest.isEmpty || RussianForms.endingsInUTF8.contains(rest)
            }
            || words.contains { word.elementsEqual($0) }
    }
}
