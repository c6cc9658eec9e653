import ChatWire
import Formats
import Testing

@testable import ChatUI

struct CharacterWidthTests {
    @Test(arguments: [
        ("a", ["a"], 1), ("ж", ["ж"], 1), ("漢", ["漢"], 2), ("е\u{301}", ["е\u{301}"], 1),
        ("👨‍👩‍👧", ["👨", "👩", "👧"], 6), ("👍🏽", ["👍"], 2), ("❤️", ["❤"], 1), ("🇷🇺", ["🇷", "🇺"], 4),
        // Jamo: the vowel and the final are painted on the initial.
        ("\u{1112}\u{1161}\u{11AB}", ["\u{1112}\u{1161}\u{11AB}"], 2),
        ("a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}", ["a\u{300}\u{301}\u{302}\u{303}"], 1),
        ("\u{301}", ["◌\u{301}"], 1), ("\u{200B}", [], 0), ("\u{AD}", [], 0), ("\u{FE0F}", [], 0),
        ("\u{E000}", ["\u{FFFD}"], 1), ("\u{1B}", ["\u{FFFD}"], 1), ("\u{0}", ["\u{FFFD}"], 1), ("\n", ["\u{FFFD}"], 1),
        ("\u{9B}", ["\u{FFFD}"], 1), ("\r\n", ["\u{FFFD}", "\u{FFFD}"], 2),
    ])
    func glyphs(_ cluster: String, _ texts: [String], _ width: Int) {
        let glyphs = CharacterWidth.fixed.glyphs(of: cluster)
        #expect(glyphs.map { Array($0.text.unicodeScalars) } == texts.map { Array($0.unicodeScalars) })
        #expect(glyphs.totalWidth == width)
    }

    /// With a table that does not know U+FFFD.
    @Test func standInsAreASCIIWhereNothingElseIs() {
        let ascii = CharacterWidth { (0x20..<0x7F).contains($0.value) ? 1 : $0 == "\u{301}" ? 0 : -1 }
        #expect(ascii.glyphs(of: "aж漢").map(\.text) == ["a", "?", "?"])
        #expect(ascii.glyphs(of: "\u{301}").map(\.text) == [" \u{301}"])
    }
}

struct WrappingTests {
    @Test(arguments: [
        ("", ["" as String]), ("один", ["один"]), ("один два", ["один", "два"]), ("один  два", ["один", "два"]),
        ("а б в г", ["а б в", "г"]), ("абвгдежз", ["абвгд", "ежз"]), ("а абвгдежз", ["а", "абвгд", "ежз"]),
        ("漢字漢字", ["漢字", "漢字"]), ("a漢字漢", ["a漢字", "漢"]), ("абвгд ", ["абвгд"]), ("абвгд е", ["абвгд", "е"]),
        ("👨‍👩‍👧", ["👨👩", "👧"]), ("       ", [""]), ("а       б", ["а", "б"]),
    ])
    func fiveColumns(_ text: String, _ rows: [String]) {
        let wrapped = CharacterWidth.fixed.rows(of: text, columns: 5)
        #expect(wrapped.map { $0.map(\.text).joined() } == rows)
    }

    @Test(arguments: [("Иван", 4, "Иван"), ("Иван", 3, "Ив…"), ("Иван", 1, "…"), ("Иван", 0, ""), ("漢字", 3, "漢…")])
    func elided(_ text: String, _ columns: Int, _ result: String) {
        #expect(CharacterWidth.fixed.glyphs(of: text).elided(to: columns).map(\.text).joined() == result)
    }
}

struct TextsTests {
    @Test(arguments: [
        (1, "следующая через 1 секунду", "next in 1 second"), (2, "следующая через 2 секунды", "next in 2 seconds"),
        (5, "следующая через 5 секунд", "next in 5 seconds"), (11, "следующая через 11 секунд", "next in 11 seconds"),
        (12, "следующая через 12 секунд", "next in 12 seconds"),
        (21, "следующая через 21 секунду", "next in 21 seconds"),
        (22, "следующая через 22 секунды", "next in 22 seconds"), (0, "следующая через 0 секунд", "next in 0 seconds"),
        (111, "следующая через 111 секунд", "next in 111 seconds"),
    ])
    func plurals(_ number: Int, _ russian: String, _ english: String) {
        #expect(Texts(.russian).nextAttempt(inSeconds: number) == russian)
        #expect(Texts(.english).nextAttempt(inSeconds: number) == english)
    }

    @Test(arguments: [
        (0, "0 бесед", "0 conversations"), (1, "1 беседа", "1 conversation"), (2, "2 беседы", "2 conversations"),
        (5, "5 бесед", "5 conversations"), (11, "11 бесед", "11 conversations"), (21, "21 беседа", "21 conversations"),
        (24, "24 беседы", "24 conversations"), (101, "101 беседа", "101 conversations"),
        (112, "112 бесед", "112 conversations"), (1001, "1001 беседа", "1001 conversations"),
    ])
    func conversations(_ count: Int, _ russian: String, _ english: String) {
        #expect(Texts(.russian).conversations(found: nil, of: count) == russian)
        #expect(Texts(.english).conversations(found: nil, of: count) == english)
    }

    @Test(arguments: [
        (0, "↓ End"), (1, "↓ 1 новое · End"), (3, "↓ 3 новых · End"), (11, "↓ 11 новых · End"),
        (21, "↓ 21 новое · End"),
    ])
    func newBelow(_ count: Int, _ text: String) {
        #expect(Texts(.russian).below(count, key: "End") == text)
    }

    @Test(arguments: [
        (Notice.tooManyCharacters(excess: 1, limit: 500), "На 1 символ длиннее, чем можно (500)"),
        (.tooManyCharacters(excess: 23, limit: 500), "На 23 символа длиннее, чем можно (500)"),
        (.tooManyBytes(excess: 5, limit: 4096), "На 5 байт длиннее, чем можно (4 КиБ)"),
        (
            .tooLong(characters: 1, bytes: 22, MessageLimits()),
            "На 1 символ и 22 байта длиннее, чем можно (500 и 4 КиБ)"
        ),
        (.tooManyBytes(excess: 2, limit: 5000), "На 2 байта длиннее, чем можно (5000 Б)"),
        (.pressAgainToQuit(key: "Ctrl-C", until: .noon), "Ещё раз Ctrl-C — выход"),
    ])
    func notices(_ notice: Notice, _ text: String) {
        #expect(Texts(.russian).notice(notice) == text)
    }

    @Test(arguments: [
        (-5, "только что"), (0, "только что"), (59, "только что"), (60, "1 мин назад"), (119, "1 мин назад"),
        (3599, "59 мин назад"), (3600, "1 ч назад"), (86_399, "23 ч назад"), (86_400, "19.11, 15:00"),
        (86_400 * 400, "17.10.2023, 15:00"), (-60, "только что"), (-61, "20.11, 15:01"),
        (-315_619_200, "21.11.2034, 15:00"),
    ])
    func times(_ age: Int, _ text: String) {
        let environment = Environment.at(utcOffset: 3 * 3600)
        #expect(Texts(.russian).time(Timestamp.noon.advanced(by: .seconds(-age)), in: environment) == text)
    }

    @Test func days() {
        let time = CivilTime(secondsSince1970: Timestamp.noon.seconds)
        #expect(Texts(.russian).day(time, thisYear: 2024) == "20 ноября")
        #expect(Texts(.russian).day(time, thisYear: 2025) == "20 ноября 2024")
        #expect(Texts(.english).day(time, thisYear: 2025) == "20 November 2024")
    }

    /// Every action with a key has a description in both languages, unless none is needed.
    @Test(arguments: Language.allCases)
    func helpIsComplete(_ language: Language) {
        let silent = KeyBindings.standard.all.map(\.action).filter { Texts(language).help(for: $0) == nil }
        // The line of the first one describes all nine.
        let numbered: [Action] = (2...9).map { .list(.numbered($0)) }
        let plain: [LineEditor.Command] = [.backwardCharacter, .forwardCharacter, .backwardDelete, .deleteCharacter]
        #expect(Set(silent) == Set(numbered + plain.map(Action.edit)))
    }
}
