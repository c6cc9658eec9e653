/// The languages of the interface.
public enum Language: String, Sendable, Hashable, CaseIterable {
    case russian = "ru"
    case english = "en"
}
