import ChatClient

/// Everything that a world leaves to chance.
struct Dice {
    private var generator: SplitMix64

    init(seed: UInt64) {
        generator = SplitMix64(seed: seed)
        _ = generator.next()
    }

    mutating func number() -> UInt64 { generator.next() }

    mutating func below(_ limit: Int) -> Int { Int(generator.next() % UInt64(limit)) }

    mutating func from(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(generator.next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }

    /// One of several, each as likely as its weight says.
    mutating func pick<Element>(weighted elements: [(weight: Int, element: Element)]) -> Element {
        var place = below(elements.reduce(0) { $0 + $1.weight })
        for (weight, element) in elements {
            if place < weight { return element }
            place -= weight
        }
        preconditionFailure("the weights add up to what was drawn from")
    }
}
