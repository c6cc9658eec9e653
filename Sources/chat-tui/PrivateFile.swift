import Foundation

/// A text in a file that only this user can read, for as long as another program edits it.
struct PrivateFile {
    let path: String
    private let folder: String

    init?(_ text: String) {
        var template = Array((NSTemporaryDirectory() + "chat-tui-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { return nil }  // 0700
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = folder + "/message.txt"
        let attributes = [FileAttributeKey.posixPermissions: 0o600]
        let isMade = FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: attributes)
        guard isMade else {
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
