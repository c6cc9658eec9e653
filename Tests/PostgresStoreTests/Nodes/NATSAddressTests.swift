#if Cluster

import Testing

@testable import NATSBus

@Suite("Addresses of NATS") struct NATSAddressTests {
    @Test("the name of the database is no part of the server's address, and the password none of what is shown")
    func parts() throws {
        let address = try #require(NATSAddress("nats://anna:secret@host:4333/shop-1"))
        #expect(address.url == "nats://anna:secret@host:4333" && address.subject == "chat-server.shop-1")
        #expect(address.displayName == "nats://host/shop-1" && !address.isEncrypted)
        let plain = try #require(NATSAddress("tls://host"))
        #expect(plain.subject == "chat-server.chat" && plain.isEncrypted && plain.host == "host")
    }

    @Test(
        "what could mean something else is refused",
        arguments: ["", "host:4222", "http://host", "nats://", "nats://host/a.b", "nats://host/a/b", "nats://h/>?x=1"])
    func refused(_ text: String) {
        #expect(NATSAddress(text) == nil)
        let longest = "nats://host/" + String(repeating: "a", count: NATSAddress.longestName)
        #expect(NATSAddress(longest) != nil && NATSAddress(longest + "a") == nil)
    }

    @Test("a server that is not there is named without the password")
    func unreachable() throws {
        let address = try #require(NATSAddress("nats://anna:secret@127.0.0.1:1/x"))
        do {
            _ = try NATSBus(address, node: .init(starting: "n"), database: "x")
            Issue.record("it is there")
        } catch {
            #expect(error.description.hasPrefix("nats://127.0.0.1/x: ") && !error.description.contains("secret"))
        }
    }
}

#endif
