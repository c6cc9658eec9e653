import Foundation
import HostSystem

/// A text in a new file that only this user can read, for another program. The file is alone in a folder of its own.
struct PrivateText {
    let path: String
    let folder: String

    /// - Parameter parent: Where the folder is; nil for the system's folder for temporary files.
    init(_ text: String, name: String, folder: String, in parent: String? = nil) throws(FileProblem) {
        self.folder = try PrivateFile.makeTemporaryFolder(folder, in: parent)
        path = self.folder + "/" + name
        do throws(FileProblem) {
            let descriptor = try PrivateFile.make(path)
            defer { close(descriptor) }
            if let number = StandardDescriptors.write(text, to: descriptor) {
                throw FileProblem(path: path, reason: .system(number))
            }
        } catch {
            remove()
            throw error
        }
    }

    /// Removes the file, the folder, and whatever the other program has left in it.
    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
