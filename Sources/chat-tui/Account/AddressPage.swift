import ChatUI
import Foundation
import HostSystem

/// A page in a private file that sends the browser on to an address with secrets. The arguments of a program, as the
/// browser's, can be read by everybody on the machine in the list of processes, so the address does not stand there.
///
/// The file is in a folder of its own in the home. The folder's name does not begin with a dot, because browsers that the
/// system confines (Snap) see no hidden folder, and nothing outside of the home.
struct AddressPage {
    private let file: PrivateText

    /// - Parameter home: The folder that the file's folder is made in.
    init(_ address: String, _ texts: Texts, home: String) throws(FileProblem) {
        file = try PrivateText(
            Self.html(address, texts), name: "login.html", folder: "chat-tui-login", in: home)
    }

    /// The address of the page itself, which is no secret.
    var url: String { URL(fileURLWithPath: file.path).absoluteString }

    func remove() { file.remove() }

    static func html(_ address: String, _ texts: Texts) -> String {
        let address = escaped(address)
        return """
            <!DOCTYPE html>
            <html lang="\(texts.language.rawValue)">
            <head>
            <meta charset="utf-8">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <meta name="viewport" content="width=device-width">
            <meta http-equiv="refresh" content="0; url=\(address)">
            <title>chat-tui</title>
            </head>
            <body>
            <p><a href="\(address)">\(escaped(texts.pageBeforeLogIn))</a></p>
            </body>
            </html>

            """
    }

    /// The text as the value of an attribute, or between tags.
    private static func escaped(_ text: String) -> String {
        [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")]
            .reduce(text) { $0.replacing($1.0, with: $1.1) }
    }
}
