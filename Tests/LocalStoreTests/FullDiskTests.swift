import ChatClient
import ChatWire
import Foundation
import Testing

@testable import LocalStore

@Suite struct FullDiskTests {
    @Test(.enabled(if: SmallDisk.isAvailable, "mounting a small disk takes root"))
    func aFullDiskIsAFailureUntilThereIsRoom() throws {
        let disk = try SmallDisk()
        let store = try LocalStore(folder: disk.path + "/data", server: server, user: alice)
        try store.apply([.enqueue(unsent("first"))])
        try disk.fill()
        let big = (0..<100).map { number in
            var message = unsent("big\(number)")
            message.text = String(repeating: "x", count: 4000)
            return StoreChange.enqueue(message)
        }
        #expect(throws: StoreFailure.diskFull) { try store.apply(big) }
        #expect(throws: StoreFailure.diskFull) { for change in big { try store.apply([change]) } }
        #expect(try store.state().unsent.first == unsent("first"))
        // A window that opens meanwhile neither fails nor renames the file.
        _ = try? LocalStore(folder: disk.path + "/data", server: server, user: alice)
        try disk.empty()
        try store.apply(big)
        #expect(try store.state().unsent.count == 101)
        store.close()
        let reopened = try LocalStore(folder: disk.path + "/data", server: server, user: alice)
        #expect(reopened.opening == .opened)
        #expect(try reopened.state().unsent.count == 101)
        reopened.close()
    }

    @Test(.enabled(if: SmallDisk.isAvailable, "mounting a small disk takes root"))
    func aWindowOpensOnAFullDiskWithWhatIsThere() throws {
        let disk = try SmallDisk()
        let folder = disk.path + "/data"
        let living = try LocalStore(folder: folder, server: server, user: alice)
        try living.apply([.restart(FeedPosition(epoch: "e", cursor: 7))])
        let gone = try LocalStore(folder: folder, server: server, user: alice)
        try gone.apply([.enqueue(unsent("first"))])
        gone.close()
        let store = try LocalStore(folder: folder, server: server, user: alice)
        try disk.fill()
        // The log's pages have room for some transactions.
        #expect(throws: StoreFailure.diskFull) {
            for number in 0..<1000 { try living.apply([.enqueue(unsent("more\(number)"))]) }
        }
        let state = try store.state()
        #expect(state.position == FeedPosition(epoch: "e", cursor: 7))
        #expect(state.isAdoptionPending && state.unsent.isEmpty)
        try disk.empty()
        #expect(try store.adoptUnsent(peer: bob, since: Timestamp(seconds: 0)).map(\.id) == ["first"])
        #expect(try !store.state().isAdoptionPending)
        store.close()
        living.close()
    }
}

/// A file system of 2 MiB.
private final class SmallDisk {
    let path: String
    private let folder: TemporaryFolder

    static let isAvailable = geteuid() == 0 && (try? SmallDisk()) != nil

    struct NotMounted: Error {}

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/disk"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        guard try Self.run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", path) else { throw NotMounted() }
    }

    deinit {
        _ = try? Self.run("umount", path)
    }

    private var ballast: String { path + "/ballast" }

    func fill() throws {
        _ = try Self.run("dd", "if=/dev/zero", "of=" + ballast, "bs=4k", "count=1000")
    }

    func empty() throws {
        try FileManager.default.removeItem(atPath: ballast)
    }

    private static func run(_ command: String...) throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
