import CLibrary

extension String {
    /// Whether both texts have the same UTF-8 bytes. `==` would also match canonically equivalent texts, and comparing
    /// byte by byte would cost ten times as much.
    package func hasSameBytes(as other: String) -> Bool {
        if utf8.count != other.utf8.count { return false }
        let areSame = utf8.withContiguousStorageIfAvailable { own in
            other.utf8.withContiguousStorageIfAvailable { bytes in
                own.isEmpty || memcmp(own.baseAddress!, bytes.baseAddress!, own.count) == 0
            }
        }
        return (areSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }

    /// Whether the text contains U+0000.
    package var containsNUL: Bool {
        // Native strings are contiguous, and `memchr` looks at many bytes at a time.
        utf8.withContiguousStorageIfAvailable { bytes in
            bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
        } ?? utf8.contains(0)
    }

    /// Whether the text's UTF-8 bytes sort before those of another text. Databases use this order.
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

    /// Hashes the bytes and then one that UTF-8 never contains, so that consecutive texts cannot run together.
    func hashBytes(into hasher: inout Hasher) {
        var text = self
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }
}
