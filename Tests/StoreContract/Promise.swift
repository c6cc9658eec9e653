import ChatServer
import ChatWire
import Testing

/// Something that every store promises, and how to see whether one keeps it.
public struct Promise: Sendable, CustomTestStringConvertible {
    public let testDescription: String
    /// Tests the stores of one kind.
    public let check: @Sendable (any StoreFactory) async throws -> Void

    init(_ name: String, _ check: @escaping @Sendable (any StoreFactory) async throws -> Void) {
        testDescription = name
        self.check = check
    }

    /// All that a store has to keep. Its tests run each on what makes such stores.
    public static let all =
        accountContract + appendContract + banContract + blockContract + conversationContract + marksContract
        + readContract
}

/// Makes stores of one kind, for their tests.
public protocol StoreFactory: Sendable {
    /// Runs a test on an empty store that knows these users, and closes it.
    func withStore(
        profiles: [UserID: HistoryPage.Profile], _ body: (any MessageStore) async throws -> Void
    ) async throws
}

extension StoreFactory {
    func withStore(_ body: (any MessageStore) async throws -> Void) async throws {
        try await withStore(profiles: [:], body)
    }
}
