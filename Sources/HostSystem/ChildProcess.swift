import Foundation

/// Starts other programs. They inherit no files and sockets beyond the standard ones.
public enum ChildProcess {
    public enum Context {
        /// The program gets this program's terminal while it runs. It ignores the signals that were ignored when this
        /// program started.
        case terminal
        /// The program gets its own session, so the terminal's Ctrl-C and hang-up do not reach it. It ignores no
        /// signals. Its standard error is appended to a file.
        case ownSession(errors: String)
        /// Like `ownSession`, with these files as its standard input and output. Without a file, output is discarded;
        /// errors are.
        case piped(input: Int32, output: Int32?)
    }

    public struct Failure: Error {
        public let number: Int32
    }

    /// `POSIX_SPAWN_SETSID` of <spawn.h>, which glibc declares only with `_GNU_SOURCE`.
    private static let setsid: Int32 = 0x80

    /// - Parameters:
    ///   - program: Its path, if that is not the first word.
    ///   - environment: Entries `NAME=value`; nil for this program's environment.
    public static func start(
        _ words: [String], program: String? = nil, in context: Context, environment: [String]? = nil
    ) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        if case .terminal = context { for signal in IgnoredSignals.atStart { sigdelset(&all, signal) } }
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        switch context {
        case .terminal: break
        case .piped(let input, let output):
            flags |= setsid
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
            if let output {
                posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
            } else {
                posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
            }
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        case .ownSession(let errors):
            flags |= setsid
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
            posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors, O_WRONLY | O_APPEND | O_NOFOLLOW, 0)
        }
        posix_spawnattr_setflags(&attributes, Int16(flags))
        closeDescriptorsOnExec()
        var process = pid_t()
        let result = withCStrings(words) { words in
            let path = program ?? String(cString: words[0]!)
            guard let environment else {
                return posix_spawnp(&process, path, &actions, &attributes, words, environ)
            }
            return withCStrings(environment) { posix_spawnp(&process, path, &actions, &attributes, words, $0) }
        }
        guard result == 0 else { throw Failure(number: result) }
        return process
    }

    /// Closes SwiftNIO's sockets in the new program. Otherwise it could read the conversation, and the connection would
    /// stay open as long as it runs.
    private static func closeDescriptorsOnExec() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
            if let descriptor = Int32(name), descriptor > STDERR_FILENO { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        }
    }

    /// The first executable file of this name in `$PATH`.
    public static func path(
        of name: String, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String? {
        let search = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return search.filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    public static func waitForEnd(of process: pid_t) -> ChildEnd {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return ChildEnd(status: status)
    }
}

/// Calls `body` with a NULL-terminated array of C strings.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return body(&pointers)
}
