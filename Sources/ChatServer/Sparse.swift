/// What something has only now and then: one word where there is none of it.
struct Sparse<Value: Emptiable> {
    private var storage: [Value] = []

    var isEmpty: Bool { storage.isEmpty }

    var value: Value {
        get { storage.first ?? Value() }
        _modify {
            // Moved out and back, so that the collections in it are changed in place.
            var value = storage.popLast() ?? Value()
            defer { if value.isEmpty { storage = [] } else { storage.append(value) } }
            yield &value
        }
    }
}

extension Sparse: Sendable where Value: Sendable {}

/// Can be empty, and is then as good as absent.
protocol Emptiable {
    init()
    var isEmpty: Bool { get }
}
