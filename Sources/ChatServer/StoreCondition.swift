/// How a database on a disk is.
public struct StoreCondition: Sendable, Hashable {
    /// Whether its files are still those that were opened.
    public var isInPlace: Bool
    public var databaseBytes: Int
    /// Of the write-ahead log.
    public var logBytes: Int
    /// On its disk; nil where the system does not say.
    public var freeBytes: Int?
    /// How often it failed, by `StoreError.kind`.
    public var failures: [String: Int]

    public init(
        isInPlace: Bool = true, databaseBytes: Int, logBytes: Int, freeBytes: Int? = nil, failures: [String: Int] = [:]
    ) {
        self.isInPlace = isInPlace
        self.databaseBytes = databaseBytes
        self.logBytes = logBytes
        self.freeBytes = freeBytes
        self.failures = failures
    }
}
