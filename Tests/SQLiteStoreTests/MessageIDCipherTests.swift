import ChatServer
import ChatWire
import StoreContract
import Testing

@testable import SQLiteStore

@Suite struct PlaceCipherTests {
    private let ids = MessageIDCipher(key: 0x0123_4567_89AB_CDEF)

    @Test func anIDLeadsToItsPlace() {
        var random = SplitMix(state: 1)
        var places: [Int64] = [0, 1, 2, 1 << 31, 1 << 61, (1 << 62) - 1]
        for _ in 0..<2000 { places.append(Int64.random(in: 0..<1 << 62, using: &random)) }
        for place in places {
            let id = ids.id(of: place, at: noon)
            #expect(ids.seq(of: id) == place)
            #expect(id.wire.wholeMatch(of: /018cc4e5-2200-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil, "\(id)")
        }
    }

    /// About half of the bits differ between neighbours, and between databases.
    @Test func neighboursHaveNothingInCommon() {
        let other = MessageIDCipher(key: 0x0123_4567_89AB_CDEE)
        func bits(_ ids: MessageIDCipher, _ place: Int64) -> UInt64 {
            UUIDVersion7.bits(of: ids.id(of: place, at: noon).wire) ?? 0
        }
        let changes = (1...1000).map { (bits(ids, $0) ^ bits(ids, $0 + 1)).nonzeroBitCount }
        let differences = (1...1000).map { (bits(ids, $0) ^ bits(other, $0)).nonzeroBitCount }
        for bits in [changes, differences] {
            #expect(29...33 ~= bits.reduce(0, +) / bits.count)
            #expect(bits.allSatisfy { $0 > 8 })
        }
    }

    @Test(arguments: [
        "", "x", "018cc4e5-3200-4882-acec-45efeedccbf5", "018cc4e5-3200-7882-ccec-45efeedccbf5",
        "018cc4e5-3200-7882-acec-45efeedccbF5", "018cc4e5-3200-7882-acec-45efeedccb-5",
        "018cc4e5-3200-7882-acec045efeedccbf5",
        "018cc4e5-3200-7882-acec-45efeedccbf5\0",
    ])
    func anythingElseLeadsNowhere(id: String) {
        #expect(ids.seq(of: MessageID(id)) == nil)
    }
}
