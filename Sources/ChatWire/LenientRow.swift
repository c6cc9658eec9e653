/// One row of a server's answer. A malformed row does not invalidate the others.
struct LenientRow<Row: JSONDecodable>: JSONDecodable {
    let row: Row?
    /// The id of a malformed row, if it can be read.
    let id: MessageID?

    init(json: JSONValue) {
        row = try? Row(json: json)
        id = row != nil ? nil : (try? json.readID(RowName.id)).map { MessageID($0) }
    }
}

extension JSONValue {
    /// Some databases have numbers as ids.
    func readID(_ name: JSONName) throws(WireCodec.Malformed) -> String {
        do throws(WireCodec.Malformed) {
            return try read(name)
        } catch {
            guard let number = try? read(name, as: Int.self) else { throw error }
            return String(number)
        }
    }

    func readUserID(_ name: JSONName) throws(WireCodec.Malformed) -> UserID {
        guard let id = UserID(try readID(name)) else { return try read(name) }
        return id
    }

    /// The bound is more than any feed will ever reach. It keeps arithmetic on cursors from overflowing.
    func readCursorIfPresent() throws(WireCodec.Malformed) -> Int? {
        try readIfPresent(.cursor, in: 0...(1 << 53))
    }
}
