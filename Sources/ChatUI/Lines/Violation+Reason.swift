import ChatWire

extension MessageLimits.Violation {
    /// What is wrong with a message, and by how much. The first letter is lower-case, to follow "not sent:".
    public func reason(_ language: Language) -> String {
        let texts = Texts(language)
        let sentence =
            switch self {
            case .tooManyCharacters(let count, let limit):
                texts.notice(.tooManyCharacters(excess: count - limit, limit: limit))
            case .tooManyBytes(let count, let limit): texts.notice(.tooManyBytes(excess: count - limit, limit: limit))
            case .empty: texts.emptyMessage
            case .containsNUL: texts.holdsNUL
            }
        return sentence.prefix(1).lowercased() + sentence.dropFirst()
    }
}
