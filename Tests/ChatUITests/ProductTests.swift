import ChatWire
import ClientUpdates
import Testing

@testable import ChatUI

struct ProductTests {
    private static let sofa = Product(id: "1", title: "Диван")
    private static let bicycle = Product(id: "2", title: "Велосипед")

    private func message(_ id: MessageID, _ product: Product?, own: Bool = false) -> Message {
        var message = Message.make(id, own: own)
        message.product = product
        return message
    }

    /// The products that begin with each message; `-` where none does.
    private func beginnings(_ products: [Product?]) -> [String] {
        var conversation = Conversation.online()
        conversation.feed(
            .history(products.enumerated().map { message("m\($0)", $1) }, hasOlder: false))
        let state = conversation.model.conversation?.state
        return products.indices.map { state?.productBeginning(at: $0)?.label?.displayed() ?? "-" }
    }

    @Test func dividers() {
        let (sofa, bicycle) = (Self.sofa, Self.bicycle)
        let onlyID = Product(id: "1")
        for (products, expected) in [
            ([nil, sofa, sofa, bicycle, sofa], ["-", "Диван", "-", "Велосипед", "Диван"]),
            // Who names nothing is about the same as before.
            (
                [sofa, nil, sofa, nil, bicycle, nil, nil, bicycle],
                ["Диван", "-", "-", "-", "Велосипед", "-", "-", "-"]
            ),
            // The title is known for the id, before and behind.
            ([onlyID, sofa, onlyID, bicycle, onlyID], ["Диван", "-", "-", "Велосипед", "Диван"]),
            ([onlyID, Product(id: "3"), onlyID], ["ID 1", "ID 3", "ID 1"]),
            // One of the two names no id.
            ([sofa, Product(title: "Диван"), bicycle, Product(title: "Диван")], ["Диван", "-", "Велосипед", "Диван"]),
            ([sofa, Product(id: "4", title: "Диван")], ["Диван", "Диван"]),
            ([nil, nil], ["-", "-"]),
        ] as [([Product?], [String])] {
            #expect(beginnings(products) == expected, "\(products)")
        }
    }

    /// The header says what the newest message is about, until the user chooses something.
    @Test func subject() {
        var conversation = Conversation.online()
        conversation.feed(.profile(name: nil, product: Self.sofa))
        #expect(conversation.model.product == "Диван")
        conversation.feed(.received(message("m1", Self.bicycle)), .received(message("m2", nil)))
        #expect(conversation.model.product == "Велосипед")
        // A page of an older server tells only ids, and that of the conversation comes without a title.
        conversation.feed(.history([message("m1", Product(id: "2"))], hasOlder: false))
        conversation.feed(.profile(name: nil, product: Product(id: "1")), .received(message("m3", Product(id: "1"))))
        #expect(conversation.model.product == "Диван")
        conversation.press("/product вел<enter>")
        #expect(conversation.model.product == "Велосипед")
        #expect(conversation.model.nextProduct == Self.bicycle)
        conversation.feed(.received(message("m4", Self.bicycle)))
        #expect(conversation.model.nextProduct == nil)
    }

    /// The choice holds for the next messages, also after another conversation was open, and until it is changed.
    @Test func choosing() {
        var conversation = Conversation.online()
        conversation.press("/product<enter>")
        #expect(conversation.model.app.notice == .noProducts)
        conversation.feed(.products([Self.bicycle]), .received(message("m1", Self.sofa)))
        #expect(conversation.press("a<enter>") == [.send(id: "own1", text: "a")])
        for (keys, product) in [
            ("/product 2<enter>", Self.bicycle), ("/product<enter><down><enter>", Self.sofa),
            ("/product 0<enter>", nil), ("/product<enter>2", Self.bicycle),
            ("/product стол<enter>", Self.bicycle),
            ("/product 9<enter>", Self.bicycle), ("/product Диван<enter>", Self.sofa),
            ("/product<enter><down><esc>", Self.sofa), ("/seller<enter>/seller seller<enter>", Self.sofa),
            ("/product<enter>0", nil),
        ] as [(String, Product?)] {
            conversation.press("<c-u>" + keys)
            conversation.feed(.opened(.seller), .caughtUp)
            conversation.press("<c-u>")
            guard case .send(_, "x", let sent)? = conversation.press("x<enter>").last else {
                Issue.record("\(keys) \(String(describing: conversation.model.app.notice))")
                continue
            }
            #expect(sent == product, "\(keys)")
        }
        // Without a choice the list begins at what the header names.
        conversation.feed(.received(message("m2", Self.sofa)))
        conversation.press("/product<enter><enter>")
        #expect(conversation.model.conversation?.state.products.chosen == Self.sofa)
    }

    /// What the user chose is kept with the draft, and comes back with it, in the conversation and behind the list.
    @Test func draftsKeepTheirProduct() {
        var conversation = Conversation.online()
        conversation.feed(.products([Self.sofa, Self.bicycle]), .received(message("m1", Self.bicycle)))
        conversation.press("/product див<enter>")
        conversation.press("a")
        #expect(conversation.reports.last { $0 != .typing } == .draftChanged(Draft("a", product: Self.sofa)))
        conversation.model.conversation?.choose(Self.bicycle, in: &conversation.model.app)
        conversation.press("<left>")
        #expect(conversation.reports.last { $0 != .typing } == .draftChanged(Draft("a", product: Self.bicycle)))

        var next = Conversation.online()
        next.feed(.received(message("m1", Self.bicycle)), .draft(Draft("a", product: Self.sofa)))
        #expect(next.model.nextProduct == Self.sofa)
        #expect(next.press("<enter>").last == .send(id: "own1", text: "a", product: Self.sofa))

        var list = Conversation(with: nil)
        list.feed(.connection(.online(limits: MessageLimits())), .drafts([.seller: Draft("a", product: Self.sofa)]))
        list.press("<enter>")
        list.feed(.opened(.seller))
        #expect(list.press("<enter>").contains(.send(id: "own1", text: "a", product: Self.sofa)))
    }

    /// A message about something else arrives while the user writes an answer: the answer is about what it was.
    @Test func whatIsBeingWrittenStaysAboutTheSame() {
        var conversation = Conversation.online()
        conversation.feed(.received(message("m1", Self.sofa)))
        conversation.press("a")
        conversation.feed(.received(message("m2", nil)), .received(message("m3", Self.bicycle)))
        #expect(conversation.model.product == "Диван")
        #expect(conversation.model.nextProduct == Self.sofa)
        conversation.press("b")
        #expect(conversation.reports.last { $0 != .typing } == .draftChanged(Draft("ab", product: Self.sofa)))
        #expect(conversation.press("<enter>").last == .send(id: "own1", text: "ab", product: Self.sofa))
        // It was that message only.
        #expect(conversation.press("c<enter>").last == .send(id: "own2", text: "c"))
        conversation.press("d")
        conversation.feed(.received(message("m4", Self.bicycle)))
        conversation.press("<backspace>")
        #expect(conversation.press("e<enter>").last == .send(id: "own3", text: "e"))
    }

    /// A failed message is about the product that it was written about, whatever was chosen since.
    @Test func failedMessagesKeepTheirProduct() {
        var conversation = Conversation.online()
        conversation.savesAtOnce = false
        conversation.feed(.products([Self.sofa, Self.bicycle]))
        conversation.press("/product 1<enter>a<enter>b")
        conversation.feed(.outgoing(id: "own1", .unsent(.notSaved(.diskFull))))
        conversation.press("<c-u>/product 2<enter>")
        #expect(conversation.press("<c-x>") == [.send(id: "own1", text: "a", product: Self.sofa)])
        conversation.feed(.outgoing(id: "own1", .unsent(.notSaved(.diskFull))))
        // It has come back into the empty line.
        #expect(conversation.press("<enter>") == [.send(id: "own3", text: "a", product: Self.sofa)])
        conversation.press("/product 2<enter>b")
        conversation.feed(.outgoing(id: "own3", .unsent(.notSaved(.diskFull))))
        conversation.press("<c-u><a-r>")
        #expect(conversation.press("<enter>") == [.send(id: "own4", text: "a", product: Self.sofa)])
    }

    /// A peer who names ever more products makes no key and no message more expensive, and does not take away what the
    /// user chose.
    @Test func manyProducts() {
        let limit = ConversationProducts.maxChoices
        var conversation = Conversation.online()
        conversation.feed(.products([Product(id: "1"), Self.bicycle]))
        conversation.press("/product вел<enter>")
        for number in 3...3 * limit {
            conversation.feed(.received(message("m\(number)", Product(id: "\(number)", title: "Стол"))))
        }
        let known = conversation.model.conversation?.state.products
        #expect(known.map { $0.known.count < 2 * limit } == true)
        #expect(conversation.model.product == "Велосипед")
        conversation.press("<c-u>/product<enter>")
        guard case .choices(let list)? = conversation.model.app.overlay else {
            Issue.record("no list")
            return
        }
        let products = list.all.map { if case .product(let product) = $0 { product } else { nil as Product? } }
        #expect(products.count == limit + 2)
        #expect(products.prefix(2).map { $0?.id } == ["\(3 * limit)", "\(3 * limit - 1)"])
        #expect(list.chosen == .product(Self.bicycle))
    }

    /// Products are the same by their ids, or by their labels if one of them names no id.
    @Test func choices() {
        func choices(_ products: [Product]) -> [Product]? {
            var conversation = Conversation.online()
            conversation.feed(.history(products.enumerated().map { message("m\($0)", $1) }, hasOlder: false))
            return conversation.model.conversation.map { $0.state.products.choices(in: $0.state.transcript) }
        }
        let (sofa, untold, other) = (Self.sofa, Product(title: "Диван"), Product(id: "4", title: "Диван"))
        #expect(choices([untold, other, sofa, Self.bicycle, other, Product(id: "1")]) == [sofa, other, Self.bicycle])
        #expect(choices([other, sofa, Self.bicycle, untold]) == [untold, Self.bicycle])
        let invisible = [Product(title: " "), Product(title: "")]
        #expect(choices([Product(title: "ID 7"), Product(id: "7")] + invisible)?.count == 2)
    }
}
