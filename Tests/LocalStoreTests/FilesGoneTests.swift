import ChatClient
import ChatWire
import Foundation
import Testing

@testable import LocalStore

/// The files of an open store are removed, renamed or replaced.
@Suite struct FilesGoneTests {
    enum Event: CaseIterable {
        case folderRemoved, folderRenamed, folderReplaced, filesRemoved
        case databaseRemoved, databaseReplaced, logRemoved, logIndexRemoved

        func happen(to folder: TemporaryFolder) throws {
            let manager = FileManager.default
            let path = folder.files().database
            switch self {
            case .folderRemoved: try manager.removeItem(atPath: folder.data)
            case .folderRenamed: try manager.moveItem(atPath: folder.data, toPath: folder.path + "/aside")
            case .folderReplaced:
                try manager.moveItem(atPath: folder.data, toPath: folder.path + "/aside")
                try manager.copyItem(atPath: folder.path + "/aside", toPath: folder.data)
            case .filesRemoved:
                for name in try folder.names() { try manager.removeItem(atPath: "\(folder.data)/\(name)") }
            case .databaseRemoved: try manager.removeItem(atPath: path)
            case .databaseReplaced:
                try manager.copyItem(atPath: path, toPath: path + ".copy")
                rename(path + ".copy", path)
            case .logRemoved: try manager.removeItem(atPath: path + "-wal")
            case .logIndexRemoved: try manager.removeItem(atPath: path + "-shm")
            }
        }
    }

    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(arguments: Event.allCases) func nothingIsTakenForKept(_ event: Event) throws {
        let store = try folder.store()
        try store.apply([.enqueue(unsent("kept"))])
        #expect(store.isLasting)
        try event.happen(to: folder)
        #expect(!store.isLasting)
        #expect(throws: StoreFailure.gone) { try store.apply([.enqueue(unsent("lost"))]) }
        #expect(throws: StoreFailure.gone) { try store.apply([]) }
        #expect(throws: StoreFailure.gone) { try store.state() }
        #expect(throws: StoreFailure.gone) { try store.adoptUnsent(peer: bob, since: noon) }
    }

    @Test func filesThatComeBackAreTheSame() throws {
        let store = try folder.store()
        try Event.folderRenamed.happen(to: folder)
        #expect(throws: StoreFailure.gone) { try store.apply([.enqueue(unsent("1"))]) }
        try FileManager.default.moveItem(atPath: folder.path + "/aside", toPath: folder.data)
        try store.apply([.enqueue(unsent("1"))])
        #expect(store.isLasting)
        #expect(try store.state().unsent == [unsent("1")])
    }

    @Test(arguments: Event.allCases) func anotherStoreTakesOver(_ event: Event) throws {
        let store = try folder.store()
        let position = FeedPosition(epoch: "e", cursor: 7)
        var held = unsent("2")
        held.state = .held
        try store.apply([
            .page(messages(1...2), peer: bob, hasOlder: false), .restart(position),
            .enqueue(unsent("1")), .enqueue(unsent("2")), .setState(.held, ofUnsent: "2"),
            .draft("draft", peer: bob), .draft("another", peer: carol), .flag(.muted, true, peer: bob, last: nil),
            .flag(.archived, true, peer: carol, last: "9"),
        ])
        try event.happen(to: folder)
        let changes = try store.abandon()
        #expect(throws: StoreFailure.self) { try store.apply([]) }
        let next = try folder.store()
        try next.apply(changes)
        // The old store no longer touches files by their names.
        #expect(next.isLasting)
        let state = try next.state()
        #expect(state.position == position && state.unsent == [unsent("1"), held] && state.draft == "draft")
        #expect(
            try next.flags() == [bob: StoredFlags([.muted]), carol: StoredFlags([.archived], archivedAfter: "9")])
        // Messages between the stored ones and the feed's position may be missing.
        #expect(!state.reachesFeed)
        next.close()
        #expect(try folder.store().state().unsent == [unsent("1"), held])
    }

    /// Another window may have created the new files, and continue with them.
    @Test(arguments: [Event.folderRemoved, .folderRenamed, .filesRemoved])
    func anotherWindowsFilesAreLeftAlone(_ event: Event) throws {
        let store = try folder.store()
        try store.apply([.enqueue(unsent("mine"))])
        try event.happen(to: folder)
        let other = try folder.store()
        try other.apply([.enqueue(unsent("theirs"))])
        let changes = try store.abandon()
        #expect(other.isLasting)
        let next = try folder.store()
        try next.apply(changes)
        try other.apply([.enqueue(unsent("more"))])
        #expect(try next.state().unsent == [unsent("mine")])
        #expect(try other.state().unsent == [unsent("theirs"), unsent("more")])
    }
}
