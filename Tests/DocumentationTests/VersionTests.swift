import ServerRuntime
import Testing

@Suite("Documentation: the version and the changelog")
struct VersionTests {
    /// Newest first.
    private func versions() throws -> [String] {
        try Page("Sources/Packaging/CHANGELOG.md").text.matches(of: /(?m)^## (.+?) - (20\d\d-\d\d-\d\d)$/).map {
            String($0.1)
        }
    }

    @Test("the changelog's newest entry is this version") func newest() throws {
        #expect(try versions().first == ProgramVersion.number)
    }

    @Test("versions are semantic, and each comes after the one before") func order() throws {
        let numbers = try versions().map { version in
            #expect(version.wholeMatch(of: /\d+\.\d+\.\d+/) != nil, "\(version)")
            return version.split(separator: ".").compactMap { Int($0) }
        }
        #expect(numbers.count > 1)
        for (newer, older) in zip(numbers, numbers.dropFirst()) {
            #expect(older.lexicographicallyPrecedes(newer), "\(older), \(newer)")
        }
    }
}
