import ChatWire
import Foundation
import HostSystem
import SQLiteFiles

/// The paths of one store's files.
///
/// The names contain only a hash of the server and user, so no input can lead out of the folder.
struct StoreFiles: Sendable {
    let folder: String
    private let base: String

    init(folder: String, server: String, user: UserID) {
        self.folder = folder
        // A user id cannot contain U+0000, so different pairs have different texts.
        let hash = String(fnv1a(server.utf8 + [0] + user.wire.utf8), radix: 16)
        base = "history-" + String(repeating: "0", count: 32 - hash.utf8.count) + hash
    }

    private func path(_ suffix: String) -> String { folder + "/" + base + suffix }

    var database: String { path(".sqlite") }
    /// The lock that a process holds while it opens the store.
    var openingLock: String { path(".lock") }
    /// The inode number of a database that was found damaged while in use.
    private var damageMark: String { path(".damaged") }

    // MARK: - Windows

    private static let windowSuffix = ".window"

    func window(_ id: Int64) -> String { path("." + String(id, radix: 16) + Self.windowSuffix) }

    var windows: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix(base + ".") && $0.hasSuffix(Self.windowSuffix) }.map { folder + "/" + $0 }
    }

    // MARK: - Creating

    /// - Returns: whether other users can read the folder. The files' own modes still protect them.
    func makeFolder() throws(LocalStore.OpenError) -> Bool {
        do throws(FileProblem) {
            return try PrivateFolder.prepare(folder)
        } catch {
            throw .init(error)
        }
    }

    /// Creates an empty database file.
    /// - Returns: false if there is one already.
    func makeDatabase() throws(LocalStore.OpenError) -> Bool {
        do throws(FileProblem) {
            guard try SQLiteFile.make(database) else { return false }
        } catch {
            throw .init(error)
        }
        PrivateFolder.sync(folder)
        return true
    }

    // MARK: - Damage

    /// Marks the database as damaged, so that the next window does not use it. The mark contains the inode number,
    /// because another window may have renamed the file meanwhile.
    func markDamaged(_ fileNumber: UInt64) {
        guard let descriptor = try? OwnFile.open(damageMark, O_WRONLY) else { return }
        ftruncate(descriptor, 0)
        var number = String(fileNumber)
        number.withUTF8 { _ = write(descriptor, $0.baseAddress, $0.count) }
        Foundation.close(descriptor)
    }

    var damagedFileNumber: UInt64? {
        guard (try? OwnFile.check(damageMark)) == true else { return nil }
        return (try? String(contentsOfFile: damageMark, encoding: .utf8)).flatMap { UInt64($0) }
    }

    /// Renames the database and the files that SQLite keeps beside it.
    /// - Returns: the database's new path.
    func setDatabaseAside() throws(LocalStore.OpenError) -> String {
        let stamp = Timestamp(microseconds: WallClock.microseconds).iso8601.prefix(19).filter(\.isNumber)
        var aside = path(".broken-\(stamp).sqlite")
        var count = 1
        while SQLiteFile.suffixes.contains(where: { access(aside + $0, F_OK) == 0 }) {
            count += 1
            aside = path(".broken-\(stamp)-\(count).sqlite")
        }
        for suffix in SQLiteFile.suffixes where rename(database + suffix, aside + suffix) != 0 && errno != ENOENT {
            throw .system(errno)
        }
        unlink(damageMark)
        PrivateFolder.sync(folder)
        return aside
    }
}

/// The 128-bit FNV-1a hash (Fowler, Noll, Vo). It is short and the same on every machine.
private func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt128 {
    bytes.reduce(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d as UInt128) { hash, byte in
        (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013b
    }
}
