import ChatClient
import ChatWire
import ClientUpdates
import Foundation
import HostSystem
import Synchronization

/// The setting `token-command`: a program that prints a token, such as `pass show chat`. It is started without a shell
/// and without the terminal.
final class TokenCommand: Sendable {
    let words: [String]
    private let last = Mutex<(token: Result<String, LinkEnd>, time: ContinuousClock.Instant)?>(nil)

    /// A password manager may have to ask its user first.
    private static let limit: Duration = .seconds(30)
    /// A token that was refused is asked for again every second. The program is not started as often.
    private static let interval: Duration = .seconds(10)

    /// Nil if the text has no word, or a quote that is not closed.
    init?(_ text: String) {
        guard let words = ShellWords.parts(of: text)?.first, !words.isEmpty else { return nil }
        self.words = words
    }

    /// Runs the program. It blocks the thread.
    /// - Parameter mayBeOld: Whether the answer of a few seconds ago is good enough.
    func token(mayBeOld: Bool) throws(LinkEnd) -> String {
        if mayBeOld, let last = last.withLock(\.self), .now - last.time < Self.interval { return try last.token.get() }
        let result = Result { () throws(LinkEnd) in try run() }
        last.withLock { $0 = (result, .now) }
        return try result.get()
    }

    private func run() throws(LinkEnd) -> String {
        guard let program = words[0].contains("/") ? words[0] : ChildProcess.path(of: words[0]),
            let output = TimedProcess(words: words, program: program, wantsOutput: true, limit: Self.limit).run(
                input: [])
        else { throw problem(.failed) }
        let text = String(decoding: output, as: UTF8.self)
        if text.allSatisfy(\.isWhitespace) { throw problem(.empty) }
        guard let token = try? Credential.checked(text) else { throw problem(.notAToken) }
        return token
    }

    private func problem(_ problem: LinkEnd.TokenCommandProblem) -> LinkEnd {
        .unusable(.tokenCommand(program: words[0], problem))
    }
}
