import Foundation

/// Finds the built programs, and runs other programs to their end.
enum Programs {
    struct Missing: Error, CustomStringConvertible {
        let name: String
        let places: [String]

        var description: String {
            "no program '\(name)' in \(places.joined(separator: ", ")): build or install it first"
        }
    }

    struct Failed: Error, CustomStringConvertible {
        let command: [String]
        let output: String

        var description: String { "\(command.joined(separator: " ")) failed: \(output)" }
    }

    /// The path of one of this package's programs, from the same build as these tests.
    static func built(_ name: String) throws -> String {
        try find(name, in: [productsFolder])
    }

    /// The path of a system program.
    static func installed(_ name: String) throws -> String {
        try find(name, in: searchFolders)
    }

    static let searchPath = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"

    static var searchFolders: [String] { searchPath.split(separator: ":").map(String.init) }

    /// The test program is in the same folder as the others.
    private static var productsFolder: String {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return ((own ?? CommandLine.arguments[0]) as NSString).deletingLastPathComponent
    }

    static func find(_ name: String, in folders: [String]) throws -> String {
        let paths = folders.map { "\($0)/\(name)" }
        guard let path = paths.first(where: FileManager.default.isExecutableFile) else {
            throw Missing(name: name, places: folders)
        }
        return path
    }

    /// Runs a program that ends soon, and returns its output.
    @discardableResult
    static func run(_ command: [String], environment: [String: String]) throws -> String {
        let output = try OutputPipe()
        let process = try ChildProcess(
            command, environment: environment, output: output.writeEnd, errors: output.writeEnd)
        output.closeWriteEnd()
        let text = String(decoding: output.readToEnd(), as: UTF8.self)
        guard process.waitUntilExit() == 0 else { throw Failed(command: command, output: text) }
        return text
    }
}
