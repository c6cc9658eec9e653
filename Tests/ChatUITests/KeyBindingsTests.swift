import Testing

@testable import ChatUI

struct KeyBindingsTests {
    @Test func changes() throws {
        let keys = try KeyBindings(changing: ["search": ["Ctrl-S", "f3"], "copy": [], "undo": ["ctrl-alt-я"]])
        #expect(keys.action(for: Key(.character("s"), .control)) == .forward)
        #expect(keys.action(for: Key(.function(3))) == .forward)
        #expect(keys.action(for: Key(.character("f"), .control)) == nil)
        #expect(keys.action(for: Key(.character("w"), .alt)) == nil)
        #expect(keys.action(for: Key(.character("z"), [.control, .alt])) == .edit(.undo))
        #expect(keys.name(of: .forward) == "Ctrl-S")
    }

    @Test(
        arguments: [
            (["fly": ["Ctrl-S"]], .unknownAction("fly")), (["search": ["Ctrl-"]], .unknownKey("Ctrl-")),
            (["search": ["x"]], .unknownKey("x")),
            (["search": ["Ctrl-O"]], .duplicateKey(key: "Ctrl-O", by: "search", and: "links")),
        ] as [([String: [String]], KeyBindings.Invalid)])
    func mistakes(changes: [String: [String]], error: KeyBindings.Invalid) {
        #expect(throws: error) { try KeyBindings(changing: changes) }
    }

    /// Keys that no terminal can tell apart are the same key, in either notation.
    @Test(
        arguments: [
            ("Ctrl-M", "Enter"), ("ctrl-i", "Tab"), ("Ctrl-[", "Esc"), ("Ctrl-х", "Esc"), ("Ctrl-H", "Backspace"),
            ("Ctrl-J", "Alt-Enter"), ("Ctrl-?", "Backspace"), ("Ctrl-@", "Ctrl-Space"), ("Ctrl-/", "Ctrl-_"),
            ("Ctrl-Alt-M", "Alt-Enter"), ("Ctrl-Alt-H", "Alt-Backspace"),
        ])
    func twins(_ name: String, _ other: String) throws {
        #expect(KeyBindings.aliases(in: ["search": [name]]).map { Key(named: $0.other) } == [Key(named: other)])
        #expect(KeyBindings.aliases(in: ["search": [other, "Ctrl-F"]]) == [])
        let pressed = try #require(Key(named: other))
        let free = KeyBindings.standard.all.filter { $0.keys.contains { $0.sentAs == pressed } }.map(\.name)
        var changes = Dictionary(uniqueKeysWithValues: free.map { ($0, [String]()) })
        changes["search"] = [name]
        #expect(try KeyBindings(changing: changes).action(for: pressed) == .forward)
        guard let first = free.first else { return }
        changes[first] = nil
        #expect(throws: KeyBindings.Invalid.self) { try KeyBindings(changing: changes) }
    }

    @Test func theSameKeyMayBeNamedEitherWay() throws {
        #expect(try KeyBindings(changing: ["send": ["Ctrl-M"]]).action(for: Key(.enter)) == .send)
        #expect(throws: KeyBindings.Invalid.duplicateKey(key: "Ctrl-M (Enter)", by: "send", and: "search")) {
            try KeyBindings(changing: ["search": ["Ctrl-M"]])
        }
    }

    @Test func allMistakesAreTold() {
        let (valid, mistakes) = KeyBindings.checked([
            "fly": ["Ctrl-S", "x"], "search": ["Ctrl-O"], "links": ["Ctrl-F"], "copy": ["x", "Ctrl-"],
            "help": ["Ctrl-R", "F2"], "undo": ["F4"], "redo": ["F4"],
        ])
        #expect(valid == ["search": ["Ctrl-O"], "links": ["Ctrl-F"], "undo": ["F4"]])
        #expect(
            mistakes == [
                KeyBindings.Mistake(action: "copy", error: .unknownKey("x")),
                KeyBindings.Mistake(action: "copy", error: .unknownKey("Ctrl-")),
                KeyBindings.Mistake(action: "fly", error: .unknownAction("fly")),
                KeyBindings.Mistake(action: "help", error: .duplicateKey(key: "Ctrl-R", by: "reconnect", and: "help")),
                KeyBindings.Mistake(action: "redo", error: .duplicateKey(key: "F4", by: "undo", and: "redo")),
            ])
    }

    /// The settings accept the names that the interface shows.
    @Test func usualKeysCanBeNamed() throws {
        let usual = Dictionary(uniqueKeysWithValues: KeyBindings.defaultKeys.map { ($0.name, $0.keys) })
        let keys = try KeyBindings(changing: usual)
        for binding in KeyBindings.standard.all { #expect(keys.name(of: binding.action) == binding.keys.first?.name) }
    }
}
