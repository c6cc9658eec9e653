/// One of the rows of a server's answer: one that makes no sense does not spoil the others.
struct LenientRow<Row: JSONDecodable>: JSONDecodable {
    let row: Row?
    /// Of a row that makes no sense, where it can be read all the same.
    let id: MessageID?

    init(json: JSONValue) {
        row = try? Row(json: json)
        id = row != nil ? nil : (try? json.readID(RowName.id)).map { MessageID($0) }
    }
}

extension JSONValue {
    /// In some databases ids are numbers.
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

    /// A cursor: more of them than any feed will ever have.
    func readCursorIfPresent() throws(WireCodec.Malformed) -> Int? {
        try readIfPresent(.cursor, in: 0...(1 << 53))
    }
}
