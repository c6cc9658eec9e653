import ChatUI
import Foundation
import HostSystem

/// A browser of `$BROWSER`. It is started without a shell, so the address is always a single argument.
struct Browser {
    private let words: [String]

    /// The browsers of `$BROWSER`, separated by colons. Each is a command; `%s` is replaced by the address, `%%` by a
    /// percent sign and `%c` by a colon. An `&` at the end is ignored, since every browser runs in the background.
    /// `xdg-open` and Python's `webbrowser` read the variable the same way.
    static func all(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ProgramFailure) -> [Browser] {
        let list = environment["BROWSER"] ?? ""
        guard let parts = ShellWords.parts(of: list, separator: ":") else { throw ProgramFailure(list, .unclosedQuote) }
        return parts.map { $0.last == "&" ? $0.dropLast() : $0 }.filter { !$0.isEmpty }.map(Browser.init)
    }

    /// The user's browsers, or else the desktop's, for a page of this program's own making.
    static func forLogIn() -> [Browser] {
        var browsers = (try? all()) ?? []
        let environment = ProcessInfo.processInfo.environment
        let hasDesktop = ["DISPLAY", "WAYLAND_DISPLAY"].contains { environment[$0]?.isEmpty == false }
        if hasDesktop, ChildProcess.path(of: "xdg-open") != nil { browsers.append(Browser(["xdg-open"])) }
        return browsers
    }

    private init(_ words: [String]) { self.words = words }

    var name: String { words[0] }

    /// Shells are refused: they would execute parts of an address.
    private static let shells: Set = ["sh", "ash", "bash", "csh", "dash", "fish", "ksh", "mksh", "tcsh", "zsh", "eval"]

    private static func isShell(_ word: String) -> Bool {
        shells.contains(word.split(separator: "/").last.map(String.init) ?? "")
    }

    func words(for address: String) -> [String] {
        var isPlaced = false
        let placed = words.map { word in
            var result = ""
            var rest = word[...]
            while let percent = rest.firstIndex(of: "%") {
                result += rest[..<percent]
                rest = rest[rest.index(after: percent)...]
                switch rest.popFirst() {
                case "s":
                    isPlaced = true
                    result += address
                case "%": result += "%"
                case "c": result += ":"
                case let other?: result += "%\(other)"
                case nil: result += "%"
                }
            }
            return result + rest
        }
        return isPlaced ? placed : placed + [address]
    }

    /// Starts the browser beside this program, without the terminal.
    func start(with address: String) throws(ProgramFailure) -> pid_t {
        guard !words.contains(where: Self.isShell) else { throw ProgramFailure(name, .shell) }
        do throws(ChildProcess.Failure) {
            return try ChildProcess.start(words(for: address), in: .ownSession(errors: "/dev/null"))
        } catch {
            throw ProgramFailure(name, .notStarted(error.number))
        }
    }

    /// A browser that ran for this long has shown the page, whatever its exit code.
    private static let shortLife: Duration = .seconds(5)

    /// Opens the address in the first browser that does not fail, on a thread of its own. If all fail, `failed`
    /// receives their failures.
    static func open(
        _ address: String, in browsers: [Browser], failed: @escaping @Sendable ([ProgramFailure]) -> Void
    ) {
        Thread.detachNewThread {
            var failures: [ProgramFailure] = []
            for browser in browsers {
                do throws(ProgramFailure) {
                    let start = ContinuousClock.now
                    let end = ChildProcess.waitForEnd(of: try browser.start(with: address))
                    guard .now - start < shortLife, let failure = ProgramFailure(browser.name, end) else { return }
                    failures.append(failure)
                } catch {
                    failures.append(error)
                }
            }
            failed(failures)
        }
    }
}
