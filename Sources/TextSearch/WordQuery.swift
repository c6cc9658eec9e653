import ChatWire

/// Words to search for in messages. A message matches if each of them is the beginning of one of its words, in any
/// order. Case is ignored, and `е` matches `ё`.
///
/// Each form of a Russian word finds the others (`RussianForms`): `диваны` finds `дивана`, and `цены` finds `ценой`.
public struct WordQuery: Sendable, Hashable {
    /// The text as it was typed, without white space at its ends.
    public let text: String
    /// For each word to search for, how the words that match it begin: with one of these. They are folded. None of them
    /// is the beginning of another one.
    public let beginnings: [[String]]
    private let wanted: [WantedWord]

    /// Nil if the text has no word.
    public init?(_ text: String) {
        self.text = MessageLimits.trimmed(text)
        let folded = FoldedText(UntrustedText(self.text))
        var words: [String] = []
        for range in Words.ranges(in: folded) {
            let word = String(decoding: folded.utf8[range], as: UTF8.self)
            if !words.contains(where: { $0.utf8.elementsEqual(word.utf8) }) { words.append(word) }
        }
        if words.isEmpty { return nil }
        wanted = words.map(WantedWord.init)
        beginnings = wanted.map(\.shortestBeginnings)
    }

    public func matches(_ text: UntrustedText) -> Bool {
        let folded = FoldedText(text)
        let words = Words.ranges(in: folded)
        return wanted.allSatisfy { wanted in words.contains { wanted.matches(folded.utf8[$0]) } }
    }

    /// The ranges of the pieces of a text, such as its characters, that are words beginning as wanted.
    public func ranges(in pieces: [String]) -> [Range<Int>] {
        var (folded, pieceAt) = (FoldedText(UntrustedText("")), [Int]())
        for (index, piece) in pieces.enumerated() {
            folded.append(FoldedText(UntrustedText(piece)))
            pieceAt += Array(repeating: index, count: folded.utf8.count - pieceAt.count)
        }
        return Words.ranges(in: folded)
            .filter { word in wanted.contains { $0.matches(folded.utf8[word]) } }
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

    /// - Parameter word: It is folded.
    init(_ word: String) {
        func utf8(_ texts: Set<String>) -> [[UInt8]] { texts.sorted().map { Array($0.utf8) } }
        let forms = RussianForms(of: word)
        (beginnings, stems, words) = (utf8(forms.beginnings), utf8(forms.stems), utf8(forms.words))
    }

    func matches(_ word: ArraySlice<UInt8>) -> Bool {
        beginnings.contains { word.starts(with: $0) }
            || stems.contains { stem in
                guard word.starts(with: stem) else { return false }
                let rest = Array(word.dropFirst(stem.count))
                return rest.isEmpty || RussianForms.endingsInUTF8.contains(rest)
            }
            || words.contains { word.elementsEqual($0) }
    }

    var shortestBeginnings: [String] {
        let all = beginnings + stems + words
        return Set(all).filter { one in !all.contains { $0.count < one.count && one.starts(with: $0) } }
            .map { String(decoding: $0, as: UTF8.self) }.sorted()
    }
}
