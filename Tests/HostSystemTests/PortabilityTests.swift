import Foundation
import Testing

/// What would keep the sources from being built on another system than Linux with glibc, as far as their imports show.
@Suite struct PortabilityTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")

    @Test func theCLibraryIsNamedInOnePlace() throws {
        let files = try #require(FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil))
        var count = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            count += 1
            if file.lastPathComponent == "CLibrary.swift" { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            // Foundation traps on the folder of a path of one letter.
            #expect(!text.contains("as NSString"), "\(file.lastPathComponent): take URL(fileURLWithPath:)")
            for line in text.split(separator: "\n") {
                let words = line.split(separator: " ")
                let isImport = words.dropLast().contains("import")
                let isNamed = words.last.map { ["Glibc", "Musl", "Darwin"].contains($0) } ?? false
                #expect(!(isImport && isNamed), "\(file.lastPathComponent): import CLibrary instead")
            }
        }
        #expect(count > 400)
    }
}
