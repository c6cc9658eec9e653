import Foundation

/// A line with a JSON object.
struct JSONLine {
    struct NotAnObject: Error {
        var line: String
    }

    private let object: [String: Any]

    init(_ line: String) throws {
        guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
            throw NotAnObject(line: line)
        }
        self.object = object
    }

    subscript(key: String) -> Any? { object[key] }
    var text: String? { object["message_text"] as? String }
    var cursor: Int? { object["cursor"] as? Int }
}
