import Foundation

/// A running program.
///
/// Foundation's `Process` considers a program running while any of its children is, and tmux leaves a server behind. So
/// this uses POSIX directly.
final class ChildProcess {
    struct NotStarted: Error, CustomStringConvertible {
        let program: String
        let number: Int32
        var description: String { "\(program): \(String(cString: strerror(number)))" }
    }

    let id: pid_t
    private var endStatus: Int32?

    /// Standard input is empty unless a descriptor is given. Output goes to the descriptors.
    init(
        _ command: [String], environment: [String: String], input: Int32? = nil, output: Int32, errors: Int32
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
        // The threads that run tests block signals, and a shell in which the tests run in the background ignores some. A
        // child would inherit both.
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for string in arguments + variables { free(string) } }
        Self.closeDescriptorsOnExec()
        var id: pid_t = 0
        let result = posix_spawn(&id, command[0], &actions, &attributes, &arguments, &variables)
        guard result == 0 else { throw NotStarted(program: command[0], number: result) }
        self.id = id
    }

    /// SwiftNIO's sockets would stay open in the new program, so that nothing could listen on their ports again.
    private static func closeDescriptorsOnExec() {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
            if let descriptor = Int32(name), descriptor > STDERR_FILENO { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        }
    }

    /// Nil while it runs. If a signal ended it, it is 128 plus the signal's number, as in a shell.
    var exitCode: Int? {
        if endStatus == nil {
            var status: Int32 = 0
            if waitpid(id, &status, WNOHANG) == id { endStatus = status }
        }
        return endStatus.map(Self.code)
    }

    func send(_ signal: Int32) {
        if exitCode == nil { kill(id, signal) }
    }

    /// Blocks, so use it for programs that end soon or were killed.
    @discardableResult
    func waitUntilExit() -> Int {
        if let exitCode { return exitCode }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        endStatus = status
        return Self.code(status)
    }

    private static func code(_ status: Int32) -> Int {
        let signal = status & 0x7F
        return signal == 0 ? Int(status >> 8 & 0xFF) : 128 + Int(signal)
    }
}

/// A pipe whose ends no other program inherits.
final class OutputPipe {
    private(set) var readEnd: Int32
    private(set) var writeEnd: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ChildProcess.NotStarted(program: "pipe", number: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        closeWriteEnd()
        closeReadEnd()
    }

    /// Closes the reading end, so that nobody reads any more.
    func closeReadEnd() {
        if readEnd >= 0 { close(readEnd) }
        readEnd = -1
    }

    /// Call it after the program has its own copy; otherwise the pipe would never end.
    func closeWriteEnd() {
        if writeEnd >= 0 { close(writeEnd) }
        writeEnd = -1
    }

    /// The bytes that are there now; nil at the end.
    func readAvailable() -> [UInt8]? {
        var descriptor = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, 0) > 0 else { return [] }
        return readSome()
    }

    func readToEnd() -> [UInt8] {
        var bytes: [UInt8] = []
        while let more = readSome() { bytes += more }
        return bytes
    }

    private func readSome() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(readEnd, &buffer, buffer.count)
        return count > 0 ? Array(buffer[..<count]) : nil
    }
}
