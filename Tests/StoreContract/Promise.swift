import ChatServer
import ChatWire
import Testing

/// One clause of the stores' contract, and its test.
public struct Promise: Sendable, CustomTestStringConvertible {
    public let testDescription: String
    /// Tests stores of one kind.
    public let check: @Sendable (any StoreFactory) async throws -> Void

    init(_ name: String, _ check: @escaping @Sendable (any StoreFactory) async throws -> Void) {
        testDescription = name
        self.check = check
    }

    /// The whole contract. Each store's tests run all of it.
    public static let all =
        accountContract + appendContract + banContract + blockContract + conversationContract + marksContract
        + readContract
}

/// Makes stores of one kind for their tests.
public protocol StoreFactory: Sendable {
    /// Runs a test on an empty store that knows these users, and then closes the store.
    func withStore(
        profiles: [UserID: HistoryPage.Profile], _ body: (any MessageStore) async throws -> Void
    ) async throws
}

extension StoreFactory {
    func withStore(_ body: (any MessageStore) async throws -> Void) async throws {
        try await withStore(profiles: [:], body)
    }
}
