/// An identifier without any other meaning. Two are equal only if their UTF-8 bytes are: see ``UserID``.
///
/// Its text may come from anybody, so only `description` may be shown on a screen or in a log.
public protocol OpaqueID:
    Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, ExpressibleByStringInterpolation,
    JSONCodable
{
    /// The id on the wire and in the stores.
    var wire: String { get }
    init(_ wire: String)
}

extension OpaqueID {
    public static func == (left: Self, right: Self) -> Bool { left.wire.hasSameBytes(as: right.wire) }

    public func hash(into hasher: inout Hasher) { wire.hashBytes(into: &hasher) }

    /// Safe to show.
    public var description: String { UntrustedText(wire).displayed() }

    /// The same in quotation marks, like the debug description of a `String`.
    public var debugDescription: String { description.debugDescription }

    public init(stringLiteral value: String) { self.init(value) }

    public init(json: JSONValue) throws(WireCodec.Malformed) { self.init(try String(json: json)) }

    public func encode(to json: inout JSONWriter) { wire.encode(to: &json) }
}
