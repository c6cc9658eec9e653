import Formats

/// A moment in UTC, in microseconds since 1970-01-01T00:00:00Z.
///
/// The wire's `created_at` is ISO 8601; PostgreSQL gives six digits of a second, JavaScript three, both are read.
public struct Timestamp: Sendable, Hashable, Comparable {
    public var microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    public init(seconds: Int64) {
        self.microseconds = seconds * 1_000_000
    }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 { microseconds.flooring(1_000_000).quotient }

    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    public func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        return Timestamp(microseconds: microseconds + seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    }

    public static func - (left: Timestamp, right: Timestamp) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }
}

// MARK: - ISO 8601

extension Timestamp {
    /// `2024-01-01T12:00:00.000Z`, as JavaScript's `toISOString` writes it.
    public var iso8601: String {
        withISO8601 { String(decoding: $0, as: UTF8.self) }
    }

    /// The same in memory that costs nothing: each message has several.
    func withISO8601<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        let civil = CivilTime(secondsSince1970: seconds)
        let year = String(civil.year).utf8
        let milliseconds = Int(microseconds.flooring(1_000_000).remainder / 1000)
        // The longest year has seven characters.
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { text in
            var count = 0
            func append(_ byte: UInt8) {
                text[count] = byte
                count += 1
            }
            func append(_ separator: Unicode.Scalar, _ number: Int) {
                append(UInt8(ascii: separator))
                append(UInt8(ascii: "0") + UInt8(number / 10))
                append(UInt8(ascii: "0") + UInt8(number % 10))
            }
            for _ in year.count..<max(4, year.count) { append(UInt8(ascii: "0")) }
            for digit in year { append(digit) }
            append("-", civil.month)
            append("-", civil.day)
            append("T", civil.hour)
            append(":", civil.minute)
            append(":", civil.second)
            append(".", milliseconds / 10)
            append(UInt8(ascii: "0") + UInt8(milliseconds % 10))
            append(UInt8(ascii: "Z"))
            return body(UnsafeBufferPointer(rebasing: text[..<count]))
        }
    }

    /// Reads `YYYY-MM-DD`, `T` or a space, `hh:mm:ss`, an optional fraction, and `Z`, `±hh`, `±hhmm` or `±hh:mm`
    /// (without a zone: UTC). Nil for anything else.
    public init?(iso8601 text: String) {
        var scanner = DigitScanner(text)
        guard let year = scanner.digits(4), scanner.skip("-"), let month = scanner.digits(2), scanner.skip("-"),
            let day = scanner.digits(2), scanner.skip("T") || scanner.skip(" "),
            let hour = scanner.digits(2), scanner.skip(":"), let minute = scanner.digits(2), scanner.skip(":"),
            let second = scanner.digits(2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        var fraction = 0
        if scanner.skip(".") {
            guard let read = scanner.fraction() else { return nil }
            fraction = read
        }
        guard let offset = scanner.zone(), scanner.isAtEnd else { return nil }
        var civil = CivilTime(secondsSince1970: 0)
        (civil.year, civil.month, civil.day) = (year, month, day)
        let seconds = civil.dayNumber * 86_400 + hour * 3600 + minute * 60 + second - offset
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
    }
}

extension Timestamp: JSONDecodable, JSONEncodable {
    public init(json: JSONValue) throws(WireCodec.Malformed) {
        guard let time = Timestamp(iso8601: try String(json: json)) else { throw .invalid("not a time in ISO 8601") }
        self = time
    }

    public func encode(to json: inout JSONWriter) { withISO8601 { json.plainString($0) } }
}

/// Reads fixed runs of ASCII digits from the front of a text.
private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func digit() -> Int? {
        guard let first = rest.first, (0x30...0x39).contains(first) else { return nil }
        rest.removeFirst()
        return Int(first - 0x30)
    }

    mutating func digits(_ count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let next = digit() else { return nil }
            value = value * 10 + next
        }
        return value
    }

    /// One digit or more after the point, in microseconds; what is finer is dropped.
    mutating func fraction() -> Int? {
        guard var value = digit() else { return nil }
        var read = 1
        while let next = digit() {
            if read < 6 {
                value = value * 10 + next
                read += 1
            }
        }
        while read < 6 {
            value *= 10
            read += 1
        }
        return value
    }

    /// Seconds east of UTC.
    mutating func zone() -> Int? {
        if isAtEnd || skip("Z") { return 0 }
        let sign: Int
        if skip("+") { sign = 1 } else if skip("-") { sign = -1 } else { return nil }
        guard let hours = digits(2), hours < 24 else { return nil }
        if isAtEnd { return sign * hours * 3600 }
        _ = skip(":")
        guard let minutes = digits(2), minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}
