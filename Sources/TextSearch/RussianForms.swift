/// The forms of a Russian noun or adjective, by the usual endings. A word that has none of them has only itself.
///
/// A long stem says what the word is about, so every word that begins with it counts as a form. Behind a short one only
/// an ending may follow: `цены` finds `ценам`, but not `центр`.
struct RussianForms {
    /// Every word that begins with one of these is a form.
    private(set) var beginnings: Set<String>
    /// Followed by an ending, or by nothing, these are forms.
    private(set) var stems: Set<String> = []
    /// Other forms as whole words.
    private(set) var words: Set<String> = []

    /// - Parameter word: It is folded.
    init(of word: String) {
        // The user may not have typed the whole word yet.
        beginnings = [word]
        guard word.unicodeScalars.allSatisfy({ (0x0430...0x044F).contains($0.value) }) else { return }
        var isLongest = true
        for ending in Self.endings where word.hasSuffix(ending) {
            let stem = String(word.dropLast(ending.count))
            if isLongest, stem.count >= (ending.count == 1 ? 4 : 5) { beginnings.insert(stem) }
            isLongest = false
            guard stem.count >= 3 else { continue }
            stems.insert(stem)
            words.formUnion(Self.withVowel(stem))
        }
        stems.formUnion(Self.withoutVowel(word))
        if Self.day.contains(word) { words.formUnion(Self.day) }
    }

    /// The longer ones first. They are those of nouns and adjectives, for all cases.
    private static let endings: [String] = [
        "иями", "ьями", "ами", "ями", "ого", "его", "ому", "ему", "ыми", "ими", "иях", "ьев", "ьей", "ьям", "ьем",
        "ьях",
        "ах", "ях", "ов", "ев", "ей", "ой", "ий", "ый", "ая", "яя", "ое", "ее", "ые", "ие", "ую", "юю", "ом", "ем",
        "ам",
        "ям", "ым", "им", "ых", "их", "ию", "ью", "ья", "ье", "ьи", "ою", "ею", "а", "я", "о", "е", "ы", "и", "у", "ю",
        "ь", "й",
    ]

    /// The endings in UTF-8, as the texts have them.
    static let endingsInUTF8 = Set(endings.map { Array($0.utf8) })

    /// Before these consonants, a vowel comes and goes: `скидка`, `скидок`; `окно`, `окон`; `ковры`, `ковер`; `письма`,
    /// `писем`; `продавца`, `продавец`. The rare others are left out, because they would join different words: `листва`
    /// and `листов`, `карта` and `карет`.
    private static let afterVowel: Set<Character> = ["к", "н", "л", "р", "г", "ц", "м", "б"]
    private static let vowels: Set<Character> = ["а", "е", "и", "о", "у", "ы", "э", "ю", "я"]

    /// The words without an ending whose other forms have this stem.
    private static func withVowel(_ stem: String) -> [String] {
        let letters = Array(stem)
        guard let last = letters.last, afterVowel.contains(last), !vowels.contains(letters[letters.count - 2]) else {
            return []
        }
        let isSoft = ["ь", "й"].contains(letters[letters.count - 2])
        let start = String(letters.dropLast(isSoft ? 2 : 1))
        return ["о", "е"].flatMap { vowel in ["", "ь"].map { start + vowel + String(last) + $0 } }
    }

    /// The stems of the other forms of a word without an ending.
    private static func withoutVowel(_ word: String) -> [String] {
        let letters = Array(word.hasSuffix("ь") ? word.dropLast() : word[...])
        guard letters.count >= 4, let last = letters.last, afterVowel.contains(last),
            ["о", "е"].contains(letters[letters.count - 2])
        else { return [] }
        let start = String(letters.dropLast(2))
        // After another vowel the sound `й` remains: `батареек`, `батарейка`.
        if vowels.contains(letters[letters.count - 3]) { return [start + "й" + String(last)] }
        return ["", "ь"].map { start + $0 + String(last) }
    }

    /// Its stem is too short for the rules.
    private static let day: Set<String> = [
        "день", "дня", "дню", "днем", "дне", "дни", "дней", "дням", "днями", "днях",
    ]
}
