import ChatWire

/// Words to search for in messages. A message matches if each of them is the beginning of one of its words, in any
/// order. Case is ignored, and `е` matches `ё`.
///
/// The ending of a longer Russian word is left off, so `диваны` finds `дивана`, too.
public struct WordQuery: Sendable, Hashable {
    /// The text as it was typed, without white space at its ends.
    public let text: String
    /// The beginnings of words to search for, folded, without duplicates.
    public let beginnings: [String]
    private let wanted: [[UInt8]]

    /// Nil if the text has no word.
    public init?(_ text: String) {
        self.text = MessageLimits.trimmed(text)
        let folded = FoldedText(UntrustedText(self.text))
        var beginnings: [String] = []
        for range in Words.ranges(in: folded) {
            let word = RussianEnding.removed(from: String(decoding: folded.utf8[range], as: UTF8.self))
            if !beginnings.contains(where: { $0.utf8.elementsEqual(word.utf8) }) { beginnings.append(word) }
        }
        if beginnings.isEmpty { return nil }
        self.beginnings = beginnings
        wanted = beginnings.map { Array($0.utf8) }
    }

    public func matches(_ text: UntrustedText) -> Bool {
        let folded = FoldedText(text)
        let words = Words.ranges(in: folded)
        return wanted.allSatisfy { wanted in words.contains { folded.utf8[$0].starts(with: wanted) } }
    }

    /// The ranges of the pieces of a text, such as its characters, that are words beginning as wanted.
    public func ranges(in pieces: [String]) -> [Range<Int>] {
        var (folded, pieceAt) = (FoldedText(UntrustedText("")), [Int]())
        for (index, piece) in pieces.enumerated() {
            folded.append(FoldedText(UntrustedText(piece)))
            pieceAt += Array(repeating: index, count: folded.utf8.count - pieceAt.count)
        }
        return Words.ranges(in: folded)
            .filter { word in wanted.contains { folded.utf8[word].starts(with: $0) } }
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

/// The usual endings of Russian nouns and adjectives.
private enum RussianEnding {
    /// The longer ones first.
    private static let all: [String] = [
        "иями", "ами", "ями", "ого", "его", "ому", "ему", "ыми", "ими", "иях", "ах", "ях", "ов", "ев", "ей", "ой", "ий",
        "ый", "ая", "яя", "ое", "ее", "ые", "ие", "ую", "юю", "ом", "ем", "ам", "ям", "ым", "им", "ых", "их", "ию", "а",
        "я", "о", "е", "ы", "и", "у", "ю", "ь", "й",
    ]

    /// Enough of the word remains to say what it is about: four letters before an ending of one letter, five before a
    /// longer one.
    static func removed(from word: String) -> String {
        let letters = Array(word.unicodeScalars)
        guard letters.allSatisfy({ (0x0430...0x044F).contains($0.value) }) else { return word }
        let ending = all.first { ending in
            let count = ending.unicodeScalars.count
            return letters.count - count >= (count == 1 ? 4 : 5) && word.hasSuffix(ending)
        }
        return ending.map { String(word.dropLast($0.count)) } ?? word
    }
}
