import ChatWire
import Formats

/// Formats a message as one line of text with the full date and the sender, for files and other programs.
public struct MessageLine: Sendable {
    private let user: UserID
    private let texts: Texts
    private let utcOffset: @Sendable (Timestamp) -> Int

    public init(user: UserID, language: Language, utcOffset: @escaping @Sendable (Timestamp) -> Int) {
        self.user = user
        texts = Texts(language)
        self.utcOffset = utcOffset
    }

    /// Such as `2024-11-20 14:02:33 bob: Здравствуйте!`. A line break of the message is shown as `⏎`.
    public func text(of message: Message) -> String {
        let time = CivilTime(
            secondsSince1970: message.createdAt.seconds, offset: utcOffset(message.createdAt))
        let who = message.sender == user ? texts.toPeer(message.receiver.displayed) : message.sender.displayed
        let text = message.text.displayed(lineBreaks: .kept).replacing("\n", with: " ⏎ ")
        return "\(time.date) \(time.hour.twoDigits):\(time.minute.twoDigits):\(time.second.twoDigits) \(who): \(text)"
    }
}

/// Makes the lines of a conversation, oldest message first, with a line where they come to be about another product.
public struct ConversationLines {
    private let line: MessageLine
    private let texts: Texts
    /// The title that was last named for an id.
    private var titles: [String: UntrustedText] = [:]
    private var product: Product?

    public init(_ line: MessageLine, language: Language) {
        self.line = line
        texts = Texts(language)
    }

    /// The lines of the next message. Messages that name no product change nothing.
    public mutating func lines(of message: Message, about named: Product?) -> [String] {
        [productLine(named), line.text(of: message)].compactMap(\.self)
    }

    private mutating func productLine(_ named: Product?) -> String? {
        guard var named else { return nil }
        if let id = named.id {
            if let title = named.title { titles[id] = title } else { named.title = titles[id] }
        }
        defer { product = named }
        if let product, product.isSame(as: named) { return nil }
        return named.label.map { "-- " + texts.product($0.displayed()).asSentence }
    }
}

extension CivilTime {
    /// In the format of ISO 8601.
    fileprivate var date: String { "\(year)-\(month.twoDigits)-\(day.twoDigits)" }
}
