import Foundation
import HostSystem

/// A text in a file that only this user can read, for as long as another program edits it.
struct EditedText {
    let path: String
    private let folder: String

    init?(_ text: String) {
        guard let folder = try? PrivateFile.makeTemporaryFolder("chat-tui") else { return nil }
        self.folder = folder
        path = folder + "/message.txt"
        guard let descriptor = try? PrivateFile.make(path),
            StandardDescriptors.write(text, to: descriptor) == nil, close(descriptor) == 0
        else {
            remove()
            return nil
        }
    }

    /// What is in it, whatever the program made of the bytes.
    var text: String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
