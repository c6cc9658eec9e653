/// One of the rows of a server's answer: one that makes no sense does not spoil the others.
struct LenientRow<Row: Decodable>: Decodable {
    let row: Row?
    /// Of a row that makes no sense, where it can be read all the same.
    let id: String?

    private enum IDKey: String, CodingKey {
        case id
    }

    init(from decoder: any Decoder) {
        row = try? Row(from: decoder)
        id = row != nil ? nil : try? decoder.container(keyedBy: IDKey.self).decodeID(forKey: .id)
    }
}

extension KeyedDecodingContainer {
    /// In some databases ids are numbers.
    func decodeID(forKey key: Key) throws -> String {
        do {
            return try decode(String.self, forKey: key)
        } catch {
            guard let number = try? decode(Int64.self, forKey: key) else { throw error }
            return String(number)
        }
    }

    func decodeUserID(forKey key: Key) throws -> UserID {
        guard let id = UserID(try decodeID(forKey: key)) else { return try decode(UserID.self, forKey: key) }
        return id
    }
}
