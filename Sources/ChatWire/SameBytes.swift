import CLibrary

extension String {
    /// Whether both are the same bytes of UTF-8. `==` would match canonically equivalent spellings as well, and comparing
    /// byte by byte costs ten times as much.
    package func hasSameBytes(as other: String) -> Bool {
        if utf8.count != other.utf8.count { return false }
        let areSame = utf8.withContiguousStorageIfAvailable { own in
            other.utf8.withContiguousStorageIfAvailable { bytes in
                own.isEmpty || memcmp(own.baseAddress!, bytes.baseAddress!, own.count) == 0
            }
        }
        return (areSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }

    /// Whether U+0000 is in it.
    package var containsNUL: Bool {
        // Native strings are in one piece, which is gone through many bytes at a time.
        utf8.withContiguousStorageIfAvailable { bytes in
            bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
        } ?? utf8.contains(0)
    }

    /// Whether the bytes of UTF-8 come before another text's, as a database orders them.
    package func precedes(inBytes other: String) -> Bool {
        var (own, other) = (self, other)
        return own.withUTF8 { own in
            other.withUTF8 { other in
                let order =
                    own.isEmpty || other.isEmpty
                    ? 0 : memcmp(own.baseAddress!, other.baseAddress!, min(own.count, other.count))
                return order < 0 || order == 0 && own.count < other.count
            }
        }
    }

    /// The bytes, and one that no UTF-8 has, so that texts hashed in a row do not run together.
    func hashBytes(into hasher: inout Hasher) {
        var text = self
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }
}
