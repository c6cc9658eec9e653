import ChatUI
import ChatWire
import ConfigFile
import Foundation
import HostSystem

/// `config.toml`, where it is, and what it says.
struct SettingsFile {
    let path: String
    /// The user named it, so it has to be there.
    let isNamed: Bool

    /// The file cannot be read. What is wrong inside it is not meant here.
    struct Unreadable: Error {
        enum Reason {
            case missing, unreadable, tooLarge, notUTF8
        }

        var path: String
        var reason: Reason
    }

    private static let maxBytes = 64 * 1024

    /// Nil if none is named, and there is no home folder to look in.
    init?(named name: String?, environment: [String: String]) {
        if let name {
            // What cannot be expanded is no file's path, and told when it is read.
            path = (try? UserPath.expand(name, home: StandardFolders.found(environment: environment).home)) ?? name
        } else if let usual = StandardFolders.found(environment: environment).clientConfig {
            path = usual
        } else {
            return nil
        }
        isNamed = name != nil
    }

    var exists: Bool { FileManager.default.fileExists(atPath: path) }

    func read(environment: [String: String]) throws(Unreadable) -> (Configuration, [ConfigurationProblem]) {
        guard let data = try contents() else { return (Configuration(), []) }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Unreadable(path: path, reason: .notUTF8)
        }
        let home = StandardFolders.found(environment: environment).home
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let (configuration, problems) = Configuration.read(text, folder: folder, home: home)
        return (configuration, problems)
    }

    /// Nil where there is none and none has to be.
    private func contents() throws(Unreadable) -> [UInt8]? {
        do throws(InputFile.Problem) {
            return try InputFile.contents(of: path, limit: Self.maxBytes)
        } catch {
            switch error {
            case .system(ENOENT) where isNamed: throw Unreadable(path: path, reason: .missing)
            case .system(ENOENT): return nil
            case .system(ENOTDIR) where !isNamed: return nil
            case .tooLong: throw Unreadable(path: path, reason: .tooLarge)
            case .system, .notAFile, .silent: throw Unreadable(path: path, reason: .unreadable)
            }
        }
    }
}

// MARK: - Making one

extension SettingsFile {
    enum NotMade: Error {
        /// It may hold somebody's settings.
        case exists
        case failed(FileProblem)
    }

    /// Writes the file for this user only, and its folders.
    func make(_ text: String) throws(NotMade) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let descriptor: Int32
        do throws(FileProblem) {
            descriptor = try PrivateFile.make(path, O_WRONLY)
        } catch {
            throw error.reason == .system(EEXIST) ? .exists : .failed(error)
        }
        defer { close(descriptor) }
        if let number = StandardDescriptors.write(text, to: descriptor) {
            // Half a file would say something else.
            unlink(path)
            throw .failed(FileProblem(path: path, reason: .system(number)))
        }
    }
}
