import ChatUI
import ClientUpdates
import Testing

@Suite("Prices") struct PriceTests {
    @Test("are written as in the language, with their hundredths only if they have any")
    func texts() throws {
        let prices = [
            ("0", "0 ₽", "₽0"), ("7", "7 ₽", "₽7"), ("999", "999 ₽", "₽999"), ("1000", "1 000 ₽", "₽1,000"),
            ("12500", "12 500 ₽", "₽12,500"), ("12500.00", "12 500 ₽", "₽12,500"),
            ("12500.5", "12 500,50 ₽", "₽12,500.50"), ("12500.059", "12 500,05 ₽", "₽12,500.05"),
            ("1234567", "1 234 567 ₽", "₽1,234,567"), ("007", "7 ₽", "₽7"),
        ]
        for (text, russian, english) in prices {
            let price = try #require(Price(decimal: text))
            #expect(Texts(.russian).price(price) == russian)
            #expect(Texts(.english).price(price) == english)
        }
    }

    @Test("that are no numbers are none")
    func nonsense() {
        for text in [
            "", ".", "1.", ".5", "-1", "+1", "1e5", "1 000", "1,5", "0x10", "NaN", "١٢", "1.2.3", "9999999999999",
            String(repeating: "9", count: 100_000),
        ] { #expect(Price(decimal: text) == nil, "\(text.prefix(20))") }
        #expect(Price(hundredths: -1) == nil && Price(hundredths: .max) == nil)
        #expect(Price(decimal: "999999999999") != nil)
    }
}
