import ChatUI
import ChatWire
import ConfigFile
import Foundation
import HostSystem
import Synchronization

/// The settings file `config.toml`.
struct SettingsFile {
    let path: String
    /// Whether the user named the file. A named file has to exist.
    let isNamed: Bool

    /// The file cannot be read. Errors in its content are `ConfigurationProblem`s.
    struct Unreadable: Error {
        enum Reason {
            case inaccessible(FileObstacle)
            case notUTF8
        }

        var path: String
        var reason: Reason
    }

    private static let maxBytes = 64 * 1024

    /// The content by path. The file is read twice, for the language and for all settings, but a pipe can be read only
    /// once.
    private static let read = Mutex<[String: Result<[UInt8]?, Unreadable>]>([:])

    /// Nil if no file is named and there is no home folder.
    init?(named name: String?, environment: [String: String]) {
        if let name {
            // If the path cannot be expanded, reading the file reports it.
            path = (try? UserPath.expand(name, home: StandardFolders.found(environment: environment).home)) ?? name
        } else if let usual = StandardFolders.found(environment: environment).clientConfig {
            path = usual
        } else {
            return nil
        }
        isNamed = name != nil
    }

    var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// The line of a setting, counted from 1. The file has been read before.
    func line(of key: String) -> Int {
        let data = (try? Self.read.withLock { $0[path] }?.get()) ?? []
        return Configuration.line(of: key, in: String(decoding: data, as: UTF8.self))
    }

    /// Reads the settings. A missing file that nobody named has no settings.
    /// - Parameter whenWaiting: Called if the file is a pipe that has no data yet.
    func read(
        environment: [String: String], whenWaiting: (() -> Void)? = nil
    ) throws(Unreadable) -> (Configuration, [ConfigurationProblem]) {
        let result = Self.read.withLock { read in
            let result = read[path] ?? contents(whenWaiting)
            read[path] = result
            return result
        }
        guard let data = try result.get() else { return (Configuration(), []) }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Unreadable(path: path, reason: .notUTF8)
        }
        let home = StandardFolders.found(environment: environment).home
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let (configuration, problems) = Configuration.read(text, folder: folder, home: home)
        return (configuration, problems)
    }

    /// Nil if there is no file and nobody named it.
    private func contents(_ whenWaiting: (() -> Void)?) -> Result<[UInt8]?, Unreadable> {
        do throws(InputFile.Problem) {
            return .success(try InputFile.contents(of: path, limit: Self.maxBytes, whenWaiting: whenWaiting))
        } catch {
            switch error {
            case .system(ENOENT) where !isNamed, .system(ENOTDIR) where !isNamed: return .success(nil)
            case .system, .tooLong, .silent, .folder, .notAFile:
                return .failure(Unreadable(path: path, reason: .inaccessible(FileObstacle(error))))
            }
        }
    }
}

// MARK: - Creating

extension SettingsFile {
    enum CreationFailure: Error {
        /// There is a file already, and it may contain settings.
        case exists
        case failed(FileProblem)
    }

    /// Creates the file, readable by this user only, and the standard file's folder.
    func make(_ text: String) throws(CreationFailure) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        if !isNamed { try? PrivateFolder.make(folder) }
        let descriptor: Int32
        do throws(FileProblem) {
            descriptor = try PrivateFile.make(path, O_WRONLY)
        } catch {
            guard error.reason == .system(EEXIST) else { throw .failed(error) }
            var status = stat()
            let isFile = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            throw isFile ? .exists : .failed(FileProblem(path: path, reason: .notAFile))
        }
        defer { close(descriptor) }
        if let number = StandardDescriptors.write(text, to: descriptor) {
            // A part of the file would have another meaning.
            unlink(path)
            throw .failed(FileProblem(path: path, reason: .system(number)))
        }
    }
}
