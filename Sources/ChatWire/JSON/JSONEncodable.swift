/// A type that can be encoded as JSON.
public protocol JSONEncodable {
    func encode(to json: inout JSONWriter)
}

/// A type that is encoded as an object. Another object can include its members.
public protocol JSONObjectEncodable: JSONEncodable {
    func encodeMembers(to json: inout JSONWriter)
}

extension JSONObjectEncodable {
    public func encode(to json: inout JSONWriter) { json.object(encodeMembers(to:)) }
}

extension String: JSONEncodable {
    public func encode(to json: inout JSONWriter) { json.string(self) }
}

extension Bool: JSONEncodable {
    public func encode(to json: inout JSONWriter) { json.bare(self ? "true" : "false") }
}

extension Int: JSONEncodable {
    public func encode(to json: inout JSONWriter) { json.bare(String(self)) }
}

extension Array: JSONEncodable where Element: JSONEncodable {
    public func encode(to json: inout JSONWriter) { json.array(self) }
}

/// Encodes nil as null. Most members are left out instead: see ``JSONWriter/member(_:ifPresent:)``.
extension Optional: JSONEncodable where Wrapped: JSONEncodable {
    public func encode(to json: inout JSONWriter) {
        if let self { self.encode(to: &json) } else { json.bare("null") }
    }
}
