/// One value of a JSON text, or one name: what it is, and where it stands.
///
/// The nodes of a text lie in one array, in the order of the text. Behind an object's node come its names and values in
/// turn; behind an array's, its elements.
struct JSONNode {
    enum Kind: UInt8 {
        case null, `true`, `false`
        /// Digits, perhaps with a minus sign.
        case integer
        /// With a fraction or an exponent.
        case number
        case string
        /// A string with at least one backslash.
        case escapedString
        case array, object
    }

    var kind: Kind
    /// The first byte and the one behind the last. A string's quotes are left out.
    var start: Int32
    var end: Int32
    /// The index of the first node that is neither this one nor inside it.
    var next: Int32

    var bytes: Range<Int> { Int(start)..<Int(end) }
    var isString: Bool { kind == .string || kind == .escapedString }
}
