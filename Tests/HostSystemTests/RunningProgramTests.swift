import Foundation
import Testing

@testable import HostSystem

/// A link as in proc(5), in a folder of its own.
@Suite struct RunningProgramTests {
    private let folder: String

    init() throws {
        folder = "/tmp/host-\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    }

    private func file(_ name: String, mode: Int = 0o755) {
        _ = FileManager.default.createFile(
            atPath: "\(folder)/\(name)", contents: nil, attributes: [.posixPermissions: mode])
    }

    /// Nil if the result is the link itself.
    private func name(linkedTo target: String) -> String? {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let link = "\(folder)/link"
        symlink("\(folder)/\(target)", link)
        let path = RunningProgram.path(link)
        return path == link ? nil : (path as NSString).lastPathComponent
    }

    @Test func itsFile() {
        file("program")
        #expect(name(linkedTo: "program") == "program")
    }

    @Test func whatIsInstalledInItsPlace() {
        file("program")
        #expect(name(linkedTo: "program (deleted)") == "program")
    }

    @Test func notAnotherOneOfThatName() {
        file("program")
        file("program (deleted)")
        #expect(name(linkedTo: "program (deleted)") == "program")
    }

    @Test func removed() {
        file("program (deleted)")
        #expect(name(linkedTo: "program (deleted)") == nil)
    }

    @Test func noProgramInItsPlace() {
        file("program", mode: 0o644)
        #expect(name(linkedTo: "program (deleted)") == nil)
    }

    @Test func aFolderInItsPlace() {
        mkdir("\(folder)/program", 0o755)
        #expect(name(linkedTo: "program (deleted)") == nil)
        #expect(FileManager.default.isExecutableFile(atPath: RunningProgram.path()))
    }
}
