/// A counter with one label that takes a few known values.
struct LabeledCounter<Name: Hashable & RawRepresentable & Sendable>: Sendable, Equatable where Name.RawValue == String {
    private var counts: [Name: Int]

    /// - Parameter names: The values that are shown even if they were never counted.
    init(_ names: [Name]) {
        counts = Dictionary(uniqueKeysWithValues: names.map { ($0, 0) })
    }

    mutating func count(_ name: Name) { counts[name, default: 0] += 1 }

    subscript(name: Name) -> Int { counts[name, default: 0] }

    var total: Int { counts.values.reduce(0, +) }

    var sorted: [(name: String, count: Int)] {
        counts.map { ($0.key.rawValue, $0.value) }.sorted { $0.0 < $1.0 }
    }
}

extension LabeledCounter where Name: CaseIterable {
    init() { self.init(Array(Name.allCases)) }
}
