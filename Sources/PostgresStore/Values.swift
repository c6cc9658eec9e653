#if Cluster

import ChatServer
import ChatWire

// Converts between values and PostgreSQL's texts of them.

/// An array as PostgreSQL reads it (its documentation, 8.15.6). Every element is quoted, so that nothing in it counts.
func arrayText(_ elements: [String?]) -> String {
    var text = "{"
    for (index, element) in elements.enumerated() {
        if index > 0 { text += "," }
        guard let element else {
            text += "NULL"
            continue
        }
        text += "\""
        for character in element.unicodeScalars {
            if character == "\"" || character == "\\" { text += "\\" }
            text.unicodeScalars.append(character)
        }
        text += "\""
    }
    return text + "}"
}

extension Timestamp {
    /// The microseconds since 1970 as SQL that gives a `timestamptz`. An interval counts in whole microseconds.
    static func sql(_ parameter: String) -> String {
        "timestamptz 'epoch' + \(parameter)::bigint * interval '1 microsecond'"
    }

    /// SQL that gives the microseconds since 1970 of a column of type `timestamptz`.
    static func microseconds(_ column: String) -> String { "(extract(epoch FROM \(column)) * 1000000)::bigint" }
}

extension Rows {
    func int(_ row: Int, _ column: Int) -> Int? { text(row, column).flatMap { Int($0) } }
    func bool(_ row: Int, _ column: Int) -> Bool { text(row, column) == "t" }
    func user(_ row: Int, _ column: Int) -> UserID? { text(row, column).flatMap { UserID($0) } }
    func messageID(_ row: Int, _ column: Int) -> MessageID? { text(row, column).map { MessageID($0) } }

    func untrusted(_ row: Int, _ column: Int) -> UntrustedText? { text(row, column).map { UntrustedText($0) } }

    /// - Parameter column: holds microseconds since 1970.
    func time(_ row: Int, _ column: Int) -> Timestamp? {
        text(row, column).flatMap { Int64($0) }.map { Timestamp(microseconds: $0) }
    }

    /// The product whose id and title are in two columns; nil if both are null.
    func product(_ row: Int, id: Int, title: Int) -> Product? {
        let (id, title) = (text(row, id), untrusted(row, title))
        return id == nil && title == nil ? nil : Product(id: id, title: title)
    }
}

extension MessageID {
    /// The id if it is a UUID in the form that PostgreSQL prints; nil for every other text, which names no message.
    var uuid: String? { UUIDText.isCanonical(wire) ? wire : nil }
}

#endif
