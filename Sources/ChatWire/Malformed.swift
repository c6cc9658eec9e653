extension WireCodec {
    /// The peer's text is not JSON, or not the JSON of its event.
    public struct Malformed: Error, Hashable, CustomStringConvertible {
        /// The sender's id of the message, as far as it can be read.
        public private(set) var clientMessageID: ClientMessageID?
        /// The names of the members that lead to the value, outermost first.
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

        /// The value has the right type but is not allowed.
        /// - Parameter rule: The rule it breaks, in English, without the value itself.
        public static func invalid(_ rule: String) -> Malformed { Malformed(.invalid(rule)) }

        /// The same error within a member of this name.
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

        /// Where the error is. It contains only this program's own names, never the peer's text.
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
