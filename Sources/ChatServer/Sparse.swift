/// A value that is rarely present. It takes one word while it is empty.
struct Sparse<Value: Emptiable> {
    private var storage: [Value] = []

    var isEmpty: Bool { storage.isEmpty }

    var value: Value {
        get { storage.first ?? Value() }
        _modify {
            // The value is moved out and back, so that its collections are changed in place.
            var value = storage.popLast() ?? Value()
            defer { if value.isEmpty { storage = [] } else { storage.append(value) } }
            yield &value
        }
    }
}

extension Sparse: Sendable where Value: Sendable {}

/// A value that can be empty. An empty one is the same as none.
protocol Emptiable {
    init()
    var isEmpty: Bool { get }
}
