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
            (["search": ["Ctrl-O"]], .usedTwice(key: "Ctrl-O", by: "search", and: "links")),
        ] as [([String: [String]], KeyBindings.Invalid)])
    func mistakes(changes: [String: [String]], error: KeyBindings.Invalid) {
        #expect(throws: error) { try KeyBindings(changing: changes) }
    }

    @Test func allMistakesAreTold() {
        let (good, mistakes) = KeyBindings.checked([
            "fly": ["Ctrl-S", "x"], "search": ["Ctrl-O"], "links": ["Ctrl-F"], "copy": ["x", "Ctrl-"],
            "help": ["Ctrl-R", "F2"], "undo": ["F4"], "redo": ["F4"],
        ])
        #expect(good == ["search": ["Ctrl-O"], "links": ["Ctrl-F"], "undo": ["F4"]])
        #expect(
            mistakes == [
                KeyBindings.Mistake(action: "copy", error: .unknownKey("x")),
                KeyBindings.Mistake(action: "copy", error: .unknownKey("Ctrl-")),
                KeyBindings.Mistake(action: "fly", error: .unknownAction("fly")),
                KeyBindings.Mistake(action: "help", error: .usedTwice(key: "Ctrl-R", by: "reconnect", and: "help")),
                KeyBindings.Mistake(action: "redo", error: .usedTwice(key: "F4", by: "undo", and: "redo")),
            ])
    }

    /// What the interface writes can be written into the settings.
    @Test func usualKeysCanBeNamed() throws {
        let usual = Dictionary(uniqueKeysWithValues: KeyBindings.usualKeys.map { ($0.name, $0.keys) })
        let keys = try KeyBindings(changing: usual)
        for binding in KeyBindings.standard.all { #expect(keys.name(of: binding.action) == binding.keys.first?.name) }
    }
}
