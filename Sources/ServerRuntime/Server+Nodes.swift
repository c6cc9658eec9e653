import ChatServer
import Foundation

// The other nodes of the database.

extension Server {
    /// Returns nil if nobody else can use the store.
    func openBus(for store: any MessageStore) throws(StartFailure) -> (any DeliveryBus)? {
        guard let store = store as? any SharedStore else { return nil }
        let node = NodeID(starting: settings.nodeName ?? Self.standardNodeName)
        return try settings.bus?(node, store.secretName) ?? store.makeBus(for: node)
    }

    /// Several nodes may run on one host.
    private static var standardNodeName: String {
        var bytes = [CChar](repeating: 0, count: 256)
        let isKnown = gethostname(&bytes, bytes.count - 1) == 0
        let host = isKnown ? bytes.withUnsafeBufferPointer { String(cString: $0.baseAddress!) } : "node"
        return host + "-" + String(UInt16.random(in: .min ... .max), radix: 16)
    }
}
