import ChatWire
import Foundation

/// The ids that stores give messages.
package enum MessageID {
    /// A new UUID of version 7 (RFC 9562, section 5.7) in lower case: 48 bits of milliseconds since 1970, 74 random bits.
    ///
    /// Ids that begin with the time land next to each other in an index, and a batch changes half as many pages as it
    /// does with random ones. Nothing may depend on their order: that is `seq`.
    package static func make(at time: Timestamp) -> String {
        let milliseconds = UInt64(clamping: time.microseconds / 1000)
        let version: UInt64 = 0x7000
        let variant: UInt64 = 0b10 << 62
        let bits = (
            (milliseconds << 16 | version | .random(in: 0...0x0FFF)).bigEndian,
            (variant | .random(in: 0...(.max >> 2))).bigEndian
        )
        return withUnsafeBytes(of: bits) { UUID(uuid: $0.load(as: uuid_t.self)).uuidString.lowercased() }
    }
}
