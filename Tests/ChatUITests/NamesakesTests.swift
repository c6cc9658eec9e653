import ChatWire
import Testing

@testable import ChatUI

/// Nobody on the list passes for somebody else.
struct NamesakesTests {
    /// What stands beside the names of people on a list.
    private func distinctions(_ people: [(id: String, name: String)]) -> [String?] {
        var list = InboxList()
        _ = list.update(
            with: people.enumerated().map { index, person in
                .make(
                    UserID(person.id)!, name: UntrustedText(person.name),
                    at: Timestamp.noon.advanced(by: .seconds(index)))
            })
        return people.map { list.distinction(of: UserID($0.id)!, named: UntrustedText($0.name)) }
    }

    @Test(arguments: [
        "Anna", "ANNA", "An\u{200B}na", "An\u{200D}na", "An\u{34F}na", "An\u{AD}na", "Anna\u{3164}", "Anna\u{2800}",
        "\u{2800}Anna", "Anna\u{FE0F}", "Anna\u{E0100}", "Аnna", "Αnna", "Annа", "An\u{2060}na ",
    ])
    func namesThatLookTheSame(_ name: String) {
        #expect(distinctions([("a", "Anna"), ("b", name)]) == ["a", "b"])
    }

    @Test(arguments: [
        ("Анна Браун", "Анна\u{A0}Браун"), ("Анна Браун", "Анна  Браун"), ("Ёлка", "Елка"), ("é", "e\u{301}"),
        ("\u{202E}a", "\u{FFFD}a"), ("👍", "👍🏽"),
    ])
    func otherNamesThatLookTheSame(_ one: String, _ other: String) {
        #expect(distinctions([("a", one), ("b", other)]) == ["a", "b"])
    }

    @Test func otherNamesHaveNoID() {
        #expect(distinctions([("a", "Anna"), ("b", "Hanna"), ("c", "An na"), ("d", "Анна")]) == [nil, nil, nil, nil])
    }

    @Test func shownIDsDiffer() {
        let x = String(repeating: "x", count: 40)
        let ids = [
            "u-1111-aaaa-account-7777", "evil-9999-b-account-7777", "…unt-7777", "1-\(x)\(x)", "2-\(x)\(x)",
            "0-\(x)-\(x)", "0-\(x)+\(x)", "bob", "b\u{200B}ob",
        ]
        let shown = distinctions(ids.map { ($0, "Anna") })
        #expect(Set(shown).count == ids.count, "\(shown)")
        #expect(!shown.contains(nil))
        #expect(
            distinctions([(ids[0], "Anna"), (ids[1], "Anna")]) == ["…aaa-account-7777", "…9-b-account-7777"])
    }

    /// A name that looks like one with an id behind it has its own id, too.
    @Test(arguments: [
        "Anna · …unt-7777", "Anna • …unt-7777", "Anna ∙ bob", "Anna・bob", "Anna\u{A0}\u{387}\u{A0}bob", "\u{2800}",
    ])
    func theIDIsNotImitated(_ name: String) {
        #expect(distinctions([("u-1111-aaaa-account-7777", name)]) == ["…unt-7777"])
    }

    /// People leave and enter the group of those with one name.
    @Test func changes() {
        var list = InboxList()
        let (one, other) = (UserID("one")!, UserID("other")!)
        func put(_ peer: UserID, _ name: String) { _ = list.update(with: [.make(peer, name: UntrustedText(name))]) }
        put(one, "Anna")
        put(other, "Anna")
        #expect(list.distinction(of: one, named: "Anna") == "one")
        put(other, "Bob")
        #expect(list.distinction(of: one, named: "Anna") == nil)
        #expect(list.distinction(of: UserID("third")!, named: "Bob") == "third", "it is not on the list")
        #expect(list.distinction(of: other, named: "Bob") == nil)
        put(one, "Bob")
        #expect(list.distinction(of: other, named: "Bob") == "other")
    }
}
