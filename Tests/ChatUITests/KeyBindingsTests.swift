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
            (["search": ["x"]], .unknownKey("x")), (["search": ["Ctrl-O"]], .usedTwice(key: "Ctrl-O", by: "search")),
        ] as [([String: [String]], KeyBindings.Invalid)])
    func mistakes(changes: [String: [String]], error: KeyBindings.Invalid) {
        #expect(throws: error) { try KeyBindings(changing: changes) }
    }

    /// What the interface writes can be written into the settings.
    @Test func usualKeysCanBeNamed() throws {
        let usual = Dictionary(uniqueKeysWithValues: KeyBindings.usualKeys.map { ($0.name, $0.keys) })
        let keys = try KeyBindings(changing: usual)
        for binding in KeyBindings.standard.all { #expect(keys.name(of: binding.action) == binding.keys.first?.name) }
    }
}
