import Foundation
import Testing

@testable import HostSystem

/// What a path may lead to instead of a file or folder of ours. It must be left as it was.
@Suite struct FileTests {
    private let folder: String

    init() throws {
        folder = "/tmp/host-\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    enum Thing: String, CaseIterable, Sendable {
        case file, folder, link, danglingLink, secondName, pipe, device, anothersFile, anothersFolder, root
    }

    /// Nil if this test cannot make one: without the superuser's rights, or in a container.
    private func make(_ thing: Thing) -> String? {
        let path = "\(folder)/\(thing.rawValue)"
        let anybody: uid_t = 54_321
        func write() {
            _ = FileManager.default.createFile(atPath: path, contents: Data("precious".utf8))
            chmod(path, 0o644)
        }
        switch thing {
        case .file: write()
        case .folder: mkdir(path, 0o755)
        case .link, .secondName:
            _ = FileManager.default.createFile(atPath: path + ".target", contents: Data("precious".utf8))
            chmod(path + ".target", 0o644)
            if thing == .link { symlink(path + ".target", path) } else { link(path + ".target", path) }
        case .danglingLink: symlink(path + ".nowhere", path)
        case .pipe: mkfifo(path, 0o644)
        case .device: if mknod(path, S_IFCHR | 0o666, 0x0107) != 0 { return nil }  // as /dev/full
        case .anothersFile:
            write()
            if chown(path, anybody, anybody) != 0 { return nil }
        case .anothersFolder:
            mkdir(path, 0o755)
            if chown(path, anybody, anybody) != 0 { return nil }
        case .root: return "/"
        }
        return path
    }

    private struct State: Equatable {
        var mode, owner, group: UInt32
        var isThere: Bool
        var content: Data?
        var target: String?
    }

    private func state(of path: String) -> State {
        var status = stat()
        let isThere = lstat(path, &status) == 0
        let isFile = status.st_mode & S_IFMT == S_IFREG
        return State(
            mode: status.st_mode, owner: status.st_uid, group: status.st_gid, isThere: isThere,
            content: isFile ? FileManager.default.contents(atPath: path) : nil,
            target: try? FileManager.default.destinationOfSymbolicLink(atPath: path))
    }

    private func states(_ path: String) -> [State] {
        [path, path + ".target", path + ".nowhere"].map { state(of: $0) }
    }

    @Test(arguments: Thing.allCases) func nothingOfOthersIsChanged(_ thing: Thing) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        guard let path = make(thing) else { return }
        let before = states(path)
        var used: Set<String> = []
        if (try? PrivateFolder.prepare(path)) != nil { used.insert("folder") }
        if let descriptor = try? OwnFile.open(path, O_RDWR) {
            used.insert("file")
            close(descriptor)
        }
        if let descriptor = try? OwnFile.openLog(path) {
            used.insert("log")
            close(descriptor)
        }
        #expect(states(path) == before)
        let expected: Set<String> =
            switch thing {
            case .file: ["file"]
            case .folder, .root: ["folder"]
            default: []
            }
        #expect(used == expected)
    }

    @Test func makesItsOwnForThisUserOnly() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try !PrivateFolder.prepare(folder + "/a/b"))
        close(try OwnFile.open(folder + "/a/b/file", O_RDWR))
        let log = try OwnFile.openLog(folder + "/a/b/log")
        #expect(StandardDescriptors.write("2024-11-20T10:00:00.000Z info\n", to: log) == nil)
        close(log)
        close(try OwnFile.openLog(folder + "/a/b/log"))
        for name in ["a", "a/b"] { #expect(state(of: "\(folder)/\(name)").mode & 0o777 == 0o700) }
        for name in ["file", "log"] { #expect(state(of: "\(folder)/a/b/\(name)").mode & 0o777 == 0o600) }
    }

    @Test func foldersThatAnybodyChangesAreRefused() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        chmod(folder, 0o755)
        #expect(try PrivateFolder.prepare(folder))
        chmod(folder, 0o777)
        #expect(throws: FileProblem(path: folder, reason: .openToOthers)) { try PrivateFolder.prepare(folder) }
        #expect(!PrivateFolder.isOwn(folder) && !PrivateFolder.isOwn("/tmp") && !PrivateFolder.isOwn("/dev/null"))
        #expect(state(of: folder).mode & 0o777 == 0o777)
    }

    @Test func readsNoEndlessDevice() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(throws: InputFile.Problem.notAFile) { try InputFile.contents(of: "/dev/zero", limit: 1000) }
        #expect(throws: InputFile.Problem.folder) { try InputFile.contents(of: folder, limit: 1000) }
        #expect(throws: InputFile.Problem.system(ENOENT)) { try InputFile.contents(of: folder + "/x", limit: 1000) }
        #expect(try InputFile.contents(of: "/dev/null", limit: 1000) == [])
    }

    @Test func readsPipesForAWhile() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let pipe = folder + "/pipe"
        mkfifo(pipe, 0o600)
        #expect(throws: InputFile.Problem.silent) {
            try InputFile.contents(of: pipe, limit: 1000, patience: .milliseconds(50))
        }
        let both = Foundation.open(pipe, O_RDWR | O_NONBLOCK | O_CLOEXEC)
        #expect(StandardDescriptors.write("token", to: both) == nil)
        #expect(throws: InputFile.Problem.silent, "its writer is still there") {
            try InputFile.contents(of: pipe, limit: 1000, patience: .milliseconds(50))
        }
        var words = 0
        #expect(throws: InputFile.Problem.silent) {
            try InputFile.contents(of: pipe, limit: 1000, patience: .milliseconds(1300)) { words += 1 }
        }
        #expect(words == 1, "whoever waits for a second is told so")
        #expect(StandardDescriptors.write("token", to: both) == nil)
        #expect(throws: InputFile.Problem.tooLong) { try InputFile.contents(of: pipe, limit: 4) }
        close(both)
    }

    @Test func makesOnlyWhatIsNew() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        close(try PrivateFile.make(folder + "/new"))
        let beside = try PrivateFile.makeTemporary(beside: folder + "/new")
        close(beside.descriptor)
        for path in [folder + "/new", beside.path] { #expect(state(of: path).mode & 0o777 == 0o600) }
        symlink(folder + "/nowhere", folder + "/link")
        for path in [folder + "/new", folder + "/link"] {
            #expect(throws: FileProblem(path: path, reason: .system(EEXIST))) { try PrivateFile.make(path) }
        }
        #expect(!state(of: folder + "/nowhere").isThere)
    }

    @Test func pathsOfUsers() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try UserPath.expand("~/x", home: "/h") == "/h/x")
        #expect(try UserPath.expand("a~/x", home: nil) == "a~/x")
        #expect(throws: UserPath.Invalid.empty) { try UserPath.expand("", home: "/h") }
        #expect(throws: UserPath.Invalid.noHome) { try UserPath.expand("~/x", home: nil) }
        #expect(throws: UserPath.Invalid.otherHome) { try UserPath.expand("~anna/x", home: "/h") }
    }
}
