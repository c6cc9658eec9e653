import ChatUI
import Foundation
import HostSystem
import Supabase
import Terminal

// The log-in in a browser: OAuth with PKCE, and the result on a page of this machine.

extension LogIn {
    /// As long as the service keeps what it began. The texts say it.
    private static let browserPatience: Duration = .seconds(300)

    func byBrowser(_ provider: String) throws -> AuthSession {
        let page: LoopbackPage
        do throws(LoopbackPage.Failure) {
            page = try LoopbackPage(texts)
        } catch {
            throw CommandFailure(sentence: texts.noLoopback(error.number), code: CommandFailure.Code.unreachable)
        }
        let (verifier, state) = (PKCEVerifier(), PKCEVerifier().text)
        let address = AuthorizationPage.url(
            of: service.client.project, provider: provider, callback: page.address(state: state), verifier: verifier)
        switch try outcome(page, state, address) {
        case .callback(.code(let code)): return try service.answer(.exchange(code: code, verifier: verifier))
        case .callback(.failed(let problem)): throw service.failure(problem)
        case .timedOut: throw CommandFailure(sentence: texts.browserTimedOut, code: CommandFailure.Code.unreachable)
        case .signal(let number): throw CommandFailure(code: 128 + number)
        }
    }

    /// Opens the browser, and waits for what it brings. No file is left behind, however it ends.
    private func outcome(_ page: LoopbackPage, _ state: String, _ address: String) throws -> LoopbackPage.Outcome {
        guard let signals = SignalPipe(SignalPipe.endings) else {
            throw CommandFailure(sentence: texts.noLoopback(errno), code: CommandFailure.Code.unreachable)
        }
        defer { signals.end() }
        let file = openBrowser(address)
        defer { file?.remove() }
        questions.say(file == nil ? texts.openInBrowser : texts.browserOpened)
        questions.say(address)
        return page.outcome(state: state, until: .now + Self.browserPatience, signals)
    }

    /// - Returns: the page in the browser; nil if none was opened.
    private func openBrowser(_ address: String) -> AddressPage? {
        let environment = ProcessInfo.processInfo.environment
        let isRemote = environment["SSH_CONNECTION"] != nil || environment["SSH_TTY"] != nil
        if isRemote { questions.say(texts.browserOverSSH) }
        guard opensBrowser, !isRemote else { return nil }
        let browsers = Browser.forLogIn()
        guard !browsers.isEmpty,
            let page = try? AddressPage(address, texts, home: environment["HOME"] ?? NSHomeDirectory())
        else { return nil }
        // If none of them works, the user has the address on the terminal.
        Browser.open(page.url, in: browsers) { _ in }
        return page
    }
}
