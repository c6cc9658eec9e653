import ChatWire
import Foundation
import HostSystem
import SQLiteFiles

/// The names of one store's files.
///
/// They hold nothing that anybody typed, only a hash of it, so that no name leads out of the folder.
struct StoreFiles: Sendable {
    let folder: String
    private let base: String

    init(folder: String, server: String, user: UserID) {
        self.folder = folder
        // U+0000 is in no user id, so no two pairs run together.
        let hash = String(fnv1a(server.utf8 + [0] + user.wire.utf8), radix: 16)
        base = "history-" + String(repeating: "0", count: 32 - hash.utf8.count) + hash
    }

    private func path(_ suffix: String) -> String { folder + "/" + base + suffix }

    var database: String { path(".sqlite") }
    /// Held while the store is opened, by one process at a time.
    var gate: String { path(".lock") }
    /// Says that the database was found damaged while in use.
    private var damageMark: String { path(".damaged") }

    // MARK: - Windows

    private static let windowSuffix = ".window"

    func window(_ id: Int64) -> String { path("." + String(id, radix: 16) + Self.windowSuffix) }

    var windows: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix(base + ".") && $0.hasSuffix(Self.windowSuffix) }.map { folder + "/" + $0 }
    }

    // MARK: - Making

    /// - Returns: whether others can look into it. The files' own modes still close them.
    func makeFolder() throws(LocalStore.OpenError) -> Bool {
        do throws(FileProblem) {
            return try PrivateFolder.prepare(folder)
        } catch {
            throw .init(error)
        }
    }

    /// Makes the empty database file. False where it is there already.
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

    /// So that the next window does not go on with the database; it is named by its file number, for it may have been set
    /// aside meanwhile.
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

    /// Gives the database, and what SQLite keeps beside it, another name, and tells its path.
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

/// The 128-bit hash of Fowler, Noll and Vo: short, and the same on every machine.
private func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt128 {
    bytes.reduce(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d as UInt128) { hash, byte in
        (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013b
    }
}
