import CNcurses
import ChatUI

/// The keys in a terminal's description, for terminals that send unusual sequences.
public struct TerminfoKeys: Sendable {
    private var keys: [[UInt8]: Key] = [:]
    private var prefixes: Set<[UInt8]> = []

    /// Only sequences that start with ESC count. If one sequence is the beginning of another, the shorter one wins.
    public init(_ keys: [[UInt8]: Key] = [:]) {
        for (sequence, key) in keys where sequence.count > 1 && sequence[0] == Byte.escape {
            self.keys[sequence] = key
            for length in 1..<sequence.count { prefixes.insert(Array(sequence.prefix(length))) }
        }
    }

    /// The key that `bytes` start with. `unfinished` if they may be the beginning of one; otherwise nil.
    func match(_ bytes: ArraySlice<UInt8>) -> KeySequence? {
        guard bytes.first == Byte.escape else { return nil }
        var sequence: [UInt8] = []
        for byte in bytes {
            sequence.append(byte)
            if let key = keys[sequence] { return .complete(length: sequence.count, .key(key)) }
            if !prefixes.contains(sequence) { return nil }
        }
        return .unfinished
    }

    /// The keys of the terminal that ncurses was started on.
    static func ofCurrentTerminal() -> TerminfoKeys {
        var keys: [[UInt8]: Key] = [:]
        for (name, key) in names {
            guard let value = cn_string_capability(name) else { continue }
            keys[Array(String(cString: value).utf8)] = key
        }
        return TerminfoKeys(keys)
    }

    private static let names: [(String, Key)] =
        [
            ("kcuu1", Key(.up)), ("kcud1", Key(.down)), ("kcub1", Key(.left)), ("kcuf1", Key(.right)),
            ("khome", Key(.home)), ("kend", Key(.end)), ("kpp", Key(.pageUp)), ("knp", Key(.pageDown)),
            ("kich1", Key(.insert)), ("kdch1", Key(.delete)), ("kent", Key(.enter)), ("kcbt", Key(.tab, .shift)),
        ] + (1...12).map { ("kf\($0)", Key(.function($0))) }
}
