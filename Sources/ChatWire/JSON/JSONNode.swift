/// One value or name in a JSON text: its kind and position.
///
/// All nodes of a text are in one array, in the order of the text. An object's node is followed by its names and
/// values, alternating; an array's by its elements.
struct JSONNode {
    enum Kind: UInt8 {
        case null, `true`, `false`
        /// Digits with an optional minus sign.
        case integer
        /// A number with a fraction or an exponent.
        case number
        case string
        /// A string with at least one backslash.
        case escapedString
        case array, object
    }

    var kind: Kind
    /// The offsets of the first byte and after the last. A string's quotes are left out.
    var start: Int32
    var end: Int32
    /// The index of the first node after this one and everything inside it.
    var next: Int32

    var bytes: Range<Int> { Int(start)..<Int(end) }
    var isString: Bool { kind == .string || kind == .escapedString }
}
