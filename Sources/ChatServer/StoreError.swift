import ChatWire

/// A failure of the store. The same call may succeed later.
public enum StoreError: Error, Hashable, CustomStringConvertible {
    case full
    case locked
    /// The file was removed or replaced, so anything written would be lost.
    case gone
    /// Any other failure, with the database's message.
    case failed(String)

    public var description: String {
        switch self {
        case .full: "the disk is full"
        case .locked: "the database is locked by another program"
        case .gone: "the database's file was removed or replaced while it was in use; start the server again"
        case .failed(let reason): UntrustedText(reason).displayed()
        }
    }

    /// The name under which failures are counted.
    public var kind: String {
        switch self {
        case .full: "full"
        case .locked: "locked"
        case .gone: "gone"
        case .failed: "failed"
        }
    }

    public static let kinds = ["failed", "full", "gone", "locked"]
}
