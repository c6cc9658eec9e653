extension WireCodec {
    /// The peer's fault: what came is no JSON, or not the JSON of the event it says it is.
    public struct Malformed: Error, Hashable, CustomStringConvertible {
        /// Which of the sender's messages it was to be, as far as that can be read.
        public private(set) var clientMessageID: ClientMessageID?
        /// The names that lead to the value, outermost first.
        private var path: [String] = []
        private let reason: Reason

        private enum Reason: Hashable {
            case notJSON(String)
            case missing, ofAnotherType
            case invalid(String)
        }

        private init(_ reason: Reason, path: [String] = []) {
            self.reason = reason
            self.path = path
        }

        static let notJSON = Malformed(.notJSON("not JSON"))
        static let notUTF8 = Malformed(.notJSON("not UTF-8"))
        static let nestedTooDeeply = Malformed(.notJSON("nested too deeply"))
        static let repeatedName = Malformed(.notJSON("a name stands twice in one object"))
        public static let ofAnotherType = Malformed(.ofAnotherType)

        static func missing(_ name: JSONName) -> Malformed { Malformed(.missing, path: [name.description]) }

        /// The value is of the right type, but not what may stand there.
        /// - Parameter rule: what it breaks, in English, without what was written.
        public static func invalid(_ rule: String) -> Malformed { Malformed(.invalid(rule)) }

        /// The same, of a member of this name.
        func within(_ name: JSONName) -> Malformed {
            var error = self
            error.path.insert(name.description, at: 0)
            return error
        }

        func about(_ clientMessageID: ClientMessageID?) -> Malformed {
            var error = self
            error.clientMessageID = clientMessageID
            return error
        }

        /// Where it went wrong. Our own names are told, never what the peer wrote.
        public var description: String {
            let field = "field '\(path.joined(separator: "."))'"
            return switch reason {
            case .notJSON(let description): description
            case .missing: "\(field) is missing"
            case .ofAnotherType: path.isEmpty ? "of another type" : "\(field) is of another type"
            case .invalid(let rule): path.isEmpty ? rule : "\(field): \(rule)"
            }
        }
    }
}
