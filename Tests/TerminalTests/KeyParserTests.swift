import ChatUI
import Testing

@testable import Terminal

@Suite struct KeyParserTests {
    /// The bytes from a terminal, and their meaning.
    struct Case: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let inputs: [Input]
        var testDescription: String { bytes.prefix(24).map(visible).joined() }

        init(_ text: String, _ inputs: Input...) {
            bytes = Array(text.utf8)
            self.inputs = inputs
        }

        init(bytes: [UInt8], _ inputs: Input...) {
            self.bytes = bytes
            self.inputs = inputs
        }

        init(_ text: String, _ code: Key.Code, _ modifiers: Key.Modifiers = []) {
            self.init(text, .key(Key(code, modifiers)))
        }

        init(_ text: String, types character: Character, _ modifiers: Key.Modifiers = []) {
            self.init(text, .key(Key(.character(character), modifiers)))
        }
    }

    static let text: [Case] = [
        Case("a", types: "a"), Case("Я", types: "Я"), Case("€", types: "€"), Case("👋", types: "👋"),
        Case("ab", .key(Key(.character("a"))), .key(Key(.character("b")))),
        Case(bytes: [0xFF]), Case(bytes: [0xC0, 0x80]), Case(bytes: [0xED, 0xA0, 0x80]),
        Case(bytes: [0xF5, 0x61], .key(Key(.character("a")))),
        Case(bytes: [0xE2, 0x82, 0x61], .key(Key(.character("a")))),
        Case(bytes: [0xC2, 0x9B]),  // C1 CSI as UTF-8
    ]

    static let controls: [Case] = [
        Case("\u{01}", types: "a", .control), Case("\u{1A}", types: "z", .control),
        Case("\u{00}", types: " ", .control), Case("\u{1C}", types: "\\", .control),
        Case("\u{1F}", types: "_", .control), Case("\t", .tab), Case("\r", .enter),
        Case("\n", .enter, .alt), Case("\u{7F}", .backspace), Case("\u{08}", .backspace),
    ]

    static let alt: [Case] = [
        Case("\u{1B}b", types: "b", .alt), Case("\u{1B}ж", types: "ж", .alt), Case("\u{1B}B", types: "B", .alt),
        Case("\u{1B}\r", .enter, .alt), Case("\u{1B}\u{7F}", .backspace, .alt),
        Case("\u{1B}\u{04}", types: "d", [.alt, .control]),
        Case("\u{1B}\u{1B}[A", .up, .alt), Case("\u{1B}\u{1B}OD", .left, .alt),
        Case("\u{1B}\u{1B}b", .key(Key(.escape)), .key(Key(.character("b"), .alt))),
        Case("\u{1B}\u{1B}[I", .key(Key(.escape)), .focus(true)),
        Case(bytes: [0x1B, 0xFF]),
    ]

    static let cursor: [Case] = [
        Case("\u{1B}[A", .up), Case("\u{1B}OB", .down), Case("\u{1B}[C", .right), Case("\u{1B}OD", .left),
        Case("\u{1B}[H", .home), Case("\u{1B}OF", .end), Case("\u{1B}[1~", .home), Case("\u{1B}[4~", .end),
        Case("\u{1B}[7~", .home), Case("\u{1B}[8~", .end), Case("\u{1B}[2~", .insert), Case("\u{1B}[3~", .delete),
        Case("\u{1B}[5~", .pageUp), Case("\u{1B}[6~", .pageDown),
        Case("\u{1B}[1;5H", .home, .control), Case("\u{1B}[1;2F", .end, .shift), Case("\u{1B}[1;3C", .right, .alt),
        Case("\u{1B}[1;7D", .left, [.control, .alt]), Case("\u{1B}[3;5~", .delete, .control),
        Case("\u{1B}[6;6~", .pageDown, [.control, .shift]), Case("\u{1B}O5C", .right, .control),
        Case("\u{1B}[1;69A", .up, .control),  // Caps Lock is on
        Case("\u{1B}[Z", .tab, .shift),
        // rxvt
        Case("\u{1B}[a", .up, .shift), Case("\u{1B}Oc", .right, .control), Case("\u{1B}[3^", .delete, .control),
        Case("\u{1B}[5$", .pageUp, .shift), Case("\u{1B}[7@", .home, [.control, .shift]),
    ]

    static let function: [Case] = [
        Case("\u{1B}OP", .function(1)), Case("\u{1B}OS", .function(4)), Case("\u{1B}[11~", .function(1)),
        Case("\u{1B}[15~", .function(5)), Case("\u{1B}[17~", .function(6)), Case("\u{1B}[24~", .function(12)),
        Case("\u{1B}[[A", .function(1)), Case("\u{1B}[[E", .function(5)), Case("\u{1B}[1;2P", .function(1), .shift),
        Case("\u{1B}[34~", .function(20)),
        Case("\u{1B}OM", .enter), Case("\u{1B}Oj", types: "*"), Case("\u{1B}Op", types: "0"),
    ]

    static let named: [Case] = [
        // CSI u
        Case("\u{1B}[13;2u", .enter, .shift), Case("\u{1B}[13;3u", .enter, .alt),
        Case("\u{1B}[13;5u", .enter, .control), Case("\u{1B}[27u", .escape),
        Case("\u{1B}[127;3u", .backspace, .alt), Case("\u{1B}[9;2u", .tab, .shift),
        Case("\u{1B}[97;5u", types: "a", .control), Case("\u{1B}[97;3u", types: "a", .alt),
        Case("\u{1B}[97:65;4u", types: "A", .alt), Case("\u{1B}[97;6u", types: "a", [.control, .shift]),
        Case("\u{1B}[1092:1060:97;5u", types: "a", .control),  // the key of ф in a Russian layout is where A is
        Case("\u{1B}[1092::97;3u", types: "a", .alt), Case("\u{1B}[1092;5u", types: "ф", .control),
        Case("\u{1B}[97::113;5u", types: "a", .control),  // AZERTY: the letter counts, not its position
        Case("\u{1B}[45:95;6u", types: "_", .control), Case("\u{1B}[47;5u", types: "_", .control),
        Case("\u{1B}[109;5u", .enter), Case("\u{1B}[106;5u", .enter, .alt), Case("\u{1B}[104;5u", .backspace),
        Case("\u{1B}[32;5u", types: " ", .control), Case("\u{1B}[65;2u", types: "A"), Case("\u{1B}[223;2u", types: "ß"),
        Case("\u{1B}[57414u", .enter), Case("\u{1B}[57399u", types: "0"), Case("\u{1B}[57421;5u", .pageUp, .control),
        Case("\u{1B}[57376u", .function(13)),
        Case("\u{1B}[97;5:3u"),  // a release
        Case("\u{1B}[97;9u"),  // Super
        Case("\u{1B}[57358u"),  // Caps Lock alone
        Case("\u{1B}[1;1:3A"), Case("\u{1B}[1114112u"), Case("\u{1B}[99999999999999999999u"), Case("\u{1B}[u"),
        // modifyOtherKeys
        Case("\u{1B}[27;2;13~", .enter, .shift), Case("\u{1B}[27;5;97~", types: "a", .control),
        Case("\u{1B}[27;6;95~", types: "_", .control), Case("\u{1B}[27;5;1092~", types: "ф", .control),
    ]

    static let replies: [Case] = [
        Case("\u{1B}[?62;1;4c"), Case("\u{1B}[>41;354;0c"), Case("\u{1B}[24;80R"), Case("\u{1B}[?2004;1$y"),
        Case("\u{1B}[<0;10;10M"), Case("\u{1B}[99~"), Case("\u{1B}[0n"), Case("\u{1B}[201~"),
        Case("\u{1B}]11;rgb:0000/0000/0000\u{07}"), Case("\u{1B}]52;c;AAAA\u{1B}\\"),
        Case("\u{1B}P>|XTerm(390)\u{1B}\\"), Case("\u{1B}_Gi=1;OK\u{1B}\\x", types: "x"),
        Case("\u{1B}]0;cut\u{1B}[A", .up),
        Case("\u{1B}[12\u{1B}[A", .up), Case("\u{1B}[1;\r", .enter),
        Case("\u{1B}O\r", .key(Key(.character("O"), .alt)), .key(Key(.enter))),
        // The mouse's oldest reports, with coordinates of one byte, in UTF-8, and too large; and urxvt's
        Case("\u{1B}[M !!"), Case("\u{1B}[M#\u{A1}\u{A2}x", types: "x"),
        Case(bytes: [0x1B, 0x5B, 0x4D, 0x60, 0xFE, 0]),
        Case(bytes: [0x1B, 0x5B, 0x4D, 0x20, 0xC3, 0x21, 0x1B, 0x5B, 0x41], .key(Key(.up))),
        Case("\u{1B}[M !\u{1B}[A", .up), Case("\u{1B}[t!!"), Case("\u{1B}[T!!!!!!"), Case("\u{1B}[32;10;5M"),
        Case("\u{1B}]52;c;" + String(repeating: "QUJD", count: 5000) + "\u{1B}\\x", types: "x"),
        Case("\u{1B}]52;c;" + String(repeating: "QUJD", count: 5000) + "\u{07}x", types: "x"),
        Case("\u{1B}]52;c;" + String(repeating: "QUJD", count: 5000) + "\u{1B}[A", .up),
        Case("\u{1B}[" + String(repeating: "1;", count: 500) + "mx", types: "x"),
    ]

    static let pastes: [Case] = [
        Case("\u{1B}[200~hello\u{1B}[201~", .paste("hello")),
        Case("\u{1B}[200~один\rдва\r\nтри\nчетыре\u{1B}[201~", .paste("один\nдва\nтри\nчетыре")),
        Case("\u{1B}[200~\r\r\u{1B}[201~a", .paste("\n\n"), .key(Key(.character("a")))),
        Case("\u{1B}[200~\u{1B}[A\u{1B}[20\u{1B}\u{1B}[201~", .paste("\u{1B}[A\u{1B}[20\u{1B}")),
        Case("\u{1B}[200~\u{1B}[200~x\u{1B}[201~\u{1B}[201~", .paste("x")),
        Case("\u{1B}[200~x\ry\u{1B}[200~z\u{1B}[201~", .paste("x\nyz")),
        Case("\u{1B}[200~\u{1B}[201~"),
        Case(bytes: Array("\u{1B}[200~".utf8) + [0x61, 0xFF] + Array("\u{1B}[201~".utf8), .paste("a\u{FFFD}")),
        Case("\u{1B}[I\u{1B}[O", .focus(true), .focus(false)),
    ]

    static let all = text + controls + alt + cursor + function + named + replies + pastes

    @Test(arguments: all) func whole(_ example: Case) {
        var parser = KeyParser()
        #expect(parser.feed(example.bytes) == example.inputs)
        #expect(parser.wait == nil)
    }

    @Test(arguments: all) func byteByByte(_ example: Case) {
        var parser = KeyParser()
        #expect(example.bytes.flatMap { parser.feed([$0]) } == example.inputs)
        #expect(parser.wait == nil)
    }

    @Test(
        arguments: [
            ("\u{1B}[<64;10;5M\u{1B}[<65;10;5M", [.wheel(-1), .wheel(1)]),
            ("\u{1B}[<0;10;5M\u{1B}[<0;10;5m", [.click(Position(row: 4, column: 9))]),
            ("\u{1B}[<0;0;5M\u{1B}[<2;1;1M\u{1B}[<35;1;1M\u{1B}[<0;1M\u{1B}[<0;1;1;1M\u{1B}[<M", []),
        ] as [(String, [Input])])
    func mouse(text: String, inputs: [Input]) {
        var parser = KeyParser(takesMouse: true)
        #expect(parser.feed(text.utf8) == inputs)
        var other = KeyParser()
        #expect(other.feed(text.utf8) == [])
    }

    /// The meaning of half a sequence if nothing more comes, and how long it is waited for.
    @Test(
        arguments: [
            ("\u{1B}", .escape, [Key(.escape)]),
            ("\u{1B}\u{1B}", .escape, [Key(.escape), Key(.escape)]),
            ("\u{1B}[", .rest, [Key(.character("["), .alt)]),
            ("\u{1B}O", .rest, [Key(.character("O"), .alt)]),
            ("\u{1B}]", .rest, [Key(.character("]"), .alt)]),
            ("\u{1B}[1;", .rest, []),
            ("\u{1B}]11;rgb", .rest, []),
        ] as [(String, KeyParser.Wait, [Key])])
    func silence(_ text: String, wait: KeyParser.Wait, keys: [Key]) {
        var parser = KeyParser()
        #expect(parser.feed(text.utf8) == [])
        #expect(parser.wait == wait)
        #expect(parser.timeout() == keys.map(Input.key))
        #expect(parser.wait == .lateRest)
        #expect(parser.feed("a".utf8) + parser.endAll() == [.key(Key(.character("a")))])
        #expect(parser.wait == nil)
    }

    /// What terminals send on their own, whole or split anywhere by a silence. It never types anything.
    @Test(arguments: [
        "\u{1B}[?62;1;4c", "\u{1B}[>41;354;0c", "\u{1B}[24;80R", "\u{1B}[?24;80;1R", "\u{1B}[?2004;1$y", "\u{1B}[4;2$y",
        "\u{1B}[?1u", "\u{1B}[0n", "\u{1B}[?997;1n", "\u{1B}[8;24;80t", "\u{1B}[4;600;800t", "\u{1B}[48;24;80;600;800t",
        "\u{1B}]11;rgb:0000/0000/0000\u{07}", "\u{1B}]4;1;rgb:cdcd/0000/0000\u{1B}\\", "\u{1B}]52;c;AAAA\u{1B}\\",
        "\u{1B}P1$r0m\u{1B}\\", "\u{1B}P1+r544e=787465726d\u{1B}\\", "\u{1B}P>|XTerm(390)\u{1B}\\",
        "\u{1B}P!|00000000\u{1B}\\", "\u{1B}_Gi=1;OK\u{1B}\\", "\u{1B}[I", "\u{1B}[O", "\u{1B}[M !!",
        "\u{1B}[M#\u{A1}\u{A2}",
        "\u{1B}[<0;10;10M", "\u{1B}[<0;10;10m", "\u{1B}[32;10;10M", "\u{1B}[201~", "\u{1B}[A", "\u{1B}OA",
        "\u{1B}[1;5A",
        "\u{1B}[3~", "\u{1B}[57358u", "\u{1B}[97;5u", "\u{1B}[27;5;97~", "\u{1B}OP", "\u{1B}[15~",
        "\u{1B}[200~\u{1B}[201~",
    ])
    func whatTerminalsSendIsNoText(_ text: String) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            for others in ["", "\u{1B}[B"] {
                var parser = KeyParser(takesMouse: true)
                var inputs = parser.feed(bytes[..<cut])
                if cut > 0 { inputs += parser.timeout() }
                inputs += bytes[cut...].flatMap { parser.feed([$0]) } + parser.feed(others.utf8) + parser.endAll()
                #expect(!inputs.contains { $0.isText }, "cut at \(cut), then \(others)")
                #expect(parser.wait == nil)
            }
        }
    }

    /// And no silence swallows what a person types after it.
    @Test(arguments: [
        ("\u{1B}", "[A]"), ("\u{1B}", "Please"), ("\u{1B}", "OK"), ("\u{1B}", "["), ("\u{1B}", "]x"),
        ("\u{1B}[1;", "add"),
        ("\u{1B}]11;rgb", "hello"), ("\u{1B}[", "hi"), ("\u{1B}O", "no"), ("\u{1B}", "x"), ("\u{1B}\u{1B}", "[1]"),
    ])
    func whatIsTypedAfterASilenceIsText(_ beginning: String, _ typed: String) {
        for isAtOnce in [true, false] {
            var parser = KeyParser()
            _ = parser.feed(beginning.utf8) + parser.timeout()
            var inputs: [Input] = []
            for piece in isAtOnce ? [typed] : typed.map(String.init) {
                inputs += parser.feed(piece.utf8)
                if !isAtOnce, parser.wait == .escape { inputs += parser.timeout() }
            }
            inputs += parser.endAll()
            #expect(inputs == typed.map { Input.key(Key(.character($0))) })
        }
    }

    /// A key that comes in two pieces is that key. From then on ESC waits longer.
    @Test func anArrowKeyInPieces() {
        var parser = KeyParser()
        #expect(!parser.isLinkSlow)
        #expect(parser.feed("\u{1B}".utf8) + parser.timeout() == [.key(Key(.escape))])
        #expect(parser.feed("[A".utf8) == [.key(Key(.up))])
        #expect(parser.isLinkSlow)
    }

    @Test func halfACharacterMayComeLate() {
        var parser = KeyParser()
        #expect(parser.feed([0xD0]) + parser.timeout() + parser.feed([0xAF]) == [.key(Key(.character("Я")))])
    }

    @Test func halfACharacterIsForgotten() {
        var parser = KeyParser()
        #expect(parser.feed([0xD0]) == [])
        #expect(parser.wait == .rest)
        #expect(parser.timeout() == [])
        #expect(parser.wait == .lateRest)
        #expect(parser.feed("Я".utf8) == [.key(Key(.character("Я")))])
    }

    /// In other programs, a lost end mark has locked the keyboard for good.
    @Test func unfinishedPasteEndsItself() {
        var parser = KeyParser()
        #expect(parser.feed("\u{1B}[200~half".utf8) == [])
        #expect(parser.wait == .rest)
        #expect(parser.timeout() == [.paste("half")])
        #expect(parser.wait == .pasteEnd)
        #expect(parser.timeout() == [])
        #expect(parser.wait == nil)
        #expect(parser.feed("a\r".utf8) == [.key(Key(.character("a"))), .key(Key(.enter))])
    }

    /// A slow line stalls in the middle of a paste. What comes after that is pasted, too, and must not be sent.
    @Test func latePasteIsStillPasted() {
        var parser = KeyParser()
        #expect(parser.feed("\u{1B}[200~first line\rsec".utf8) == [])
        #expect(parser.timeout() == [.paste("first line\nsec")])
        #expect(parser.feed("ond\rthi".utf8) == [])
        #expect(parser.wait == .escape)
        #expect(parser.timeout() == [.paste("ond\nthi")])
        #expect(parser.feed([0xD0]) == [])
        #expect(parser.feed([0xB9] + Array("rd\u{1B}[20".utf8)) == [])
        #expect(parser.feed("1~a".utf8) == [.paste("йrd"), .key(Key(.character("a")))])
    }

    @Test(arguments: [
        ("\u{3}", Input.key(Key(.character("c"), .control))), ("\u{1B}[A", .key(Key(.up))),
        ("\u{7F}", .key(Key(.backspace))),
    ])
    func typedKeyEndsALatePaste(_ bytes: String, _ key: Input) {
        var parser = KeyParser()
        _ = parser.feed("\u{1B}[200~half".utf8)
        _ = parser.timeout()
        #expect(parser.feed((bytes + "\r").utf8) == [key, .key(Key(.enter))])
        #expect(parser.wait == nil)
    }

    @Test func longPasteIsCutBetweenCharacters() throws {
        var parser = KeyParser()
        let inputs = parser.feed(("\u{1B}[200~a" + String(repeating: "Я", count: 1 << 20) + "\u{1B}[201~b").utf8)
        try #require(inputs.count == 2)
        guard case .paste(let text) = inputs[0] else {
            Issue.record("no paste: \(inputs[0])")
            return
        }
        #expect(text.utf8.count == PasteBuffer.limit - 1)
        #expect(!text.contains("\u{FFFD}"))
        #expect(inputs[1] == .key(Key(.character("b"))))
    }

    @Test func endlessSequencesAreCut() {
        for introducer in ["\u{1B}[", "\u{1B}]"] {
            var parser = KeyParser()
            _ = parser.feed((introducer + String(repeating: "1", count: 10_000)).utf8)
            #expect(parser.wait == .rest)
            #expect(parser.endAll() == [])
            #expect(parser.feed("a".utf8) == [.key(Key(.character("a")))])
        }
    }

    @Test func terminfoNamesUnusualKeys() {
        let keys = TerminfoKeys([
            Array("\u{1B}[214z".utf8): Key(.home), Array("\u{1B}A".utf8): Key(.up), [0x01]: Key(.down),
        ])
        var parser = KeyParser(terminfoKeys: keys)
        #expect(parser.feed("\u{1B}[214z".utf8) == [.key(Key(.home))])
        #expect("\u{1B}[214z".utf8.flatMap { parser.feed([$0]) } == [.key(Key(.home))])
        #expect(parser.feed("\u{1B}A".utf8) == [.key(Key(.up))])
        #expect(parser.feed("\u{1B}[2~".utf8) == [.key(Key(.insert))])
        #expect(parser.feed([0x01]) == [.key(Key(.character("a"), .control))])
    }

    /// Pieces of sequences and noise mean the same however they are split, and nothing stays pending forever.
    @Test(arguments: 0..<200) func fuzz(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var bytes: [UInt8] = []
        for _ in 0..<60 {
            switch random.next() % 3 {
            case 0: bytes += Self.all[Int(random.next() % UInt64(Self.all.count))].bytes
            case 1: bytes.append(UInt8(truncatingIfNeeded: random.next()))
            default:
                let whole = Self.all[Int(random.next() % UInt64(Self.all.count))].bytes
                bytes += whole.prefix(Int(random.next() % UInt64(whole.count)))
            }
        }
        var wholeParser = KeyParser()
        let whole = wholeParser.feed(bytes)
        var cutParser = KeyParser()
        let cut = bytes.flatMap { cutParser.feed([$0]) }
        #expect(whole == cut)
        #expect(wholeParser.wait == cutParser.wait)
        // For the input, for its rest, and for the end of a paste.
        for _ in 0..<4 { #expect(wholeParser.timeout() == cutParser.timeout()) }
        #expect(wholeParser.wait == nil)
        for case .key(let key) in whole {
            guard case .character(let character) = key.code else { continue }
            #expect(!character.unicodeScalars.contains { $0.properties.generalCategory == .control })
        }
    }
}

extension KeyParser {
    /// Times out until nothing is pending.
    fileprivate mutating func endAll() -> [Input] {
        var inputs: [Input] = []
        while wait != nil { inputs += timeout() }
        return inputs
    }
}

extension Input {
    /// Whether the input becomes a part of a message.
    fileprivate var isText: Bool {
        switch self {
        case .key(let key): if case .character = key.code { key.modifiers.isEmpty } else { false }
        case .paste: true
        case .focus, .wheel, .click: false
        }
    }
}

private func visible(_ byte: UInt8) -> String {
    switch byte {
    case 0x1B: "ESC "
    case 0x20..<0x7F: String(Unicode.Scalar(byte))
    default: "<" + String(byte, radix: 16) + ">"
    }
}

/// A small generator with a seed, so that a failure can be reproduced.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
