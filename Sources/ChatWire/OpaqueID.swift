/// What names something, and says nothing else. Two are the same only if their UTF-8 bytes are: see ``UserID``.
///
/// Whoever gave it may have written anything, so the only way to a screen or a log is its `description`.
public protocol OpaqueID:
    Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, ExpressibleByStringInterpolation,
    JSONCodable
{
    /// As it goes over the wire and into the stores.
    var wire: String { get }
    init(_ wire: String)
}

extension OpaqueID {
    public static func == (left: Self, right: Self) -> Bool { left.wire.hasSameBytes(as: right.wire) }

    public func hash(into hasher: inout Hasher) { wire.hashBytes(into: &hasher) }

    /// Made safe to show.
    public var description: String { UntrustedText(wire).displayed() }

    /// The same in quotation marks, as a `String` within another value shows.
    public var debugDescription: String { description.debugDescription }

    public init(stringLiteral value: String) { self.init(value) }

    public init(json: JSONValue) throws(WireCodec.Malformed) { self.init(try String(json: json)) }

    public func encode(to json: inout JSONWriter) { wire.encode(to: &json) }
}
