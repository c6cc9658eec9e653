import ChatUI
import ChatWire

extension ConnectionSettings {
    /// The other person, whom a flag names.
    ///
    /// In a marketplace's project people have UUIDs, so an address there is a mistake that nobody would ever answer.
    /// Other servers may take any text as an id.
    func peer(_ text: String, of flag: String, _ texts: Texts) throws(UsageFailure) -> UserID {
        guard let peer = UserID(text), !peer.isBlank else { throw UsageFailure(sentence: texts.badUserID(flag)) }
        if peer == user { throw UsageFailure(sentence: texts.samePerson(flag)) }
        if case .session = token, text.contains("@") { throw UsageFailure(sentence: texts.emailIsNoID(flag)) }
        return peer
    }
}
