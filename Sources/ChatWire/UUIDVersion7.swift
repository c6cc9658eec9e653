import Synchronization

/// Makes UUIDs of version 7 (RFC 9562, section 5.7) in lower case. They begin with the time.
///
/// Such ids are next to each other in an index, and a batch changes half as many pages as with random ids. Nothing may
/// depend on their order, which is that of clocks.
package enum UUIDVersion7 {
    /// Makes ids in ascending order.
    struct Sequence {
        private var milliseconds: UInt64 = 0
        private var count: UInt64 = 0

        mutating func make(at time: Timestamp) -> String {
            let (milliseconds, count) = next(at: UInt64(clamping: time.microseconds / 1000))
            return text(milliseconds: milliseconds, count, .random(in: .min ... .max))
        }

        /// Ids of one millisecond count up from a random number (RFC 9562, section 6.2, method 1).
        private mutating func next(at time: UInt64) -> (milliseconds: UInt64, count: UInt64) {
            if time > milliseconds {
                (milliseconds, count) = (time, .random(in: 0...0x7FF))
            } else if count == 0xFFF {
                (milliseconds, count) = (milliseconds + 1, 0)
            } else {
                count += 1
            }
            return (milliseconds, count)
        }
    }

    private static let sequence = Mutex(Sequence())

    /// A new id, above all that this process made before, even if the clock goes back. It consists of 48 bits of
    /// milliseconds since 1970, a counter of 12 bits, and 62 random bits.
    package static func make(at time: Timestamp) -> String {
        sequence.withLock { $0.make(at: time) }
    }

    /// An id with the caller's bits instead of the counter and the random bits.
    /// - Parameters:
    ///   - first: Its lower 12 bits are used.
    ///   - second: Its lower 62 bits are used.
    package static func make(at time: Timestamp, _ first: UInt16, _ second: UInt64) -> String {
        text(milliseconds: UInt64(clamping: time.microseconds / 1000), UInt64(first), second)
    }

    private static func text(milliseconds: UInt64, _ first: UInt64, _ second: UInt64) -> String {
        let (version, variant): (UInt64, UInt64) = (0x7000, 0b10 << 62)
        let high = milliseconds << 16 | version | first & 0x0FFF
        let low = variant | second & ~(0b11 << 62)
        return String(unsafeUninitializedCapacity: 36) { text in
            var place = 0
            for index in 0..<32 {
                if index >= 8, index <= 20, index & 3 == 0 {
                    text[place] = UInt8(ascii: "-")
                    place += 1
                }
                let digit = UInt8(truncatingIfNeeded: (index < 16 ? high : low) >> (60 - index % 16 * 4)) & 0xF
                text[place] = digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
                place += 1
            }
            return place
        }
    }

    /// The last 62 bits of an id; nil unless it is a UUID of version 7 in lower case.
    package static func bits(of id: String) -> UInt64? {
        var (text, bits, index) = (id, UInt64(0), 0)
        return text.withUTF8 { text in
            guard text.count == 36, text[14] == UInt8(ascii: "7") else { return nil }
            index = 19
            while index < 36 {
                switch text[index] {
                case let digit where UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit:
                    bits = bits << 4 | UInt64(digit - UInt8(ascii: "0"))
                case let digit where UInt8(ascii: "a")...UInt8(ascii: "f") ~= digit:
                    bits = bits << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
                case UInt8(ascii: "-") where index == 23: break
                default: return nil
                }
                index += 1
            }
            return bits >> 62 == 0b10 ? bits & ~(0b11 << 62) : nil
        }
    }
}
