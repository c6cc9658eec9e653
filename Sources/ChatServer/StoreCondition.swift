/// The state of a database on disk.
public struct StoreCondition: Sendable, Hashable {
    /// Whether the paths still lead to the files that were opened.
    public var isInPlace: Bool
    public var databaseBytes: Int
    /// The size of the write-ahead log.
    public var logBytes: Int
    /// The free bytes on the disk; nil if the system does not tell.
    public var freeBytes: Int?
    /// The number of failures by `StoreError.kind`.
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
