import Foundation

/// `chat-tui` without a terminal. The test provides its standard input; its outputs are files in the home.
final class CommandRun {
    private let process: ChildProcess
    private let home: Home
    private let name: String
    private let input: InputPipe?

    /// The output of a program, and how it ended.
    struct Outcome: Equatable {
        var code: Int
        var output: String
        var errors: String

        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// - Parameters:
    ///   - input: All of standard input; nil to leave it open for `write`.
    ///   - waits: Whether reading it blocks. It does unless another program has changed that.
    init(
        _ arguments: [String], home: Home, input text: String? = "", waits: Bool = true,
        variables: [String: String] = [:]
    ) throws {
        self.home = home
        name = "run-\(UUID().uuidString.prefix(8))"
        let output = try home.appending(to: name + ".out")
        let errors = try home.appending(to: name + ".err")
        let command = [try Programs.built("chat-tui")] + arguments
        let pipe = try InputPipe()
        if !waits { _ = fcntl(pipe.readEnd, F_SETFL, O_NONBLOCK) }
        process = try ChildProcess(
            command, environment: home.environment.merging(variables) { $1 }, input: pipe.readEnd,
            output: output.fileDescriptor,
            errors: errors.fileDescriptor)
        pipe.closeReadEnd()
        if let text {
            pipe.write(Array(text.utf8))
            pipe.close()
            input = nil
        } else {
            input = pipe
        }
    }

    deinit {
        process.send(SIGKILL)
        process.waitUntilExit()
    }

    func write(_ text: String) { input?.write(Array(text.utf8)) }
    func write(bytes: [UInt8]) { input?.write(bytes) }
    func closeInput() { input?.close() }
    func send(_ signal: Int32) { process.send(signal) }

    var output: String { (try? home.read(name + ".out")) ?? "" }
    var errors: String { (try? home.read(name + ".err")) ?? "" }
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    func wait(for what: String, within limit: Duration = .seconds(30), _ isThere: (CommandRun) -> Bool) async throws {
        try await EndToEndTests.wait(for: what, within: limit, state: { output + errors }) {
            isThere(self) ? true : nil
        }
    }

    func waitForExit(within limit: Duration = .seconds(20)) async throws -> Outcome {
        let code = try await EndToEndTests.wait(for: "the end", within: limit, state: { output + errors }) {
            process.exitCode
        }
        return Outcome(code: code, output: output, errors: errors)
    }

    /// Runs it to its end.
    static func outcome(_ arguments: [String], home: Home, input: String = "") async throws -> Outcome {
        try await CommandRun(arguments, home: home, input: input).waitForExit()
    }

    /// Runs it to its end until it has nothing to complain about, for example because an open window loads what is
    /// missing when it has nothing else to do.
    /// - Returns: The last outcome, which has errors if they did not end in time.
    static func outcomeWithoutErrors(
        _ arguments: [String], home: Home, within limit: Duration = .seconds(60)
    ) async throws -> Outcome {
        let deadline = ContinuousClock.now + limit
        while true {
            let outcome = try await outcome(arguments, home: home)
            if outcome.errors == "" || ContinuousClock.now >= deadline { return outcome }
        }
    }
}

/// A pipe into a program, which inherits no other end of it.
final class InputPipe {
    private(set) var readEnd: Int32
    private var writeEnd: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ChildProcess.NotStarted(program: "pipe", number: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        closeReadEnd()
        close()
    }

    func closeReadEnd() {
        if readEnd >= 0 { Foundation.close(readEnd) }
        readEnd = -1
    }

    func close() {
        if writeEnd >= 0 { Foundation.close(writeEnd) }
        writeEnd = -1
    }

    /// Writes less than a pipe holds, so it does not block.
    func write(_ bytes: [UInt8]) {
        _ = Foundation.write(writeEnd, bytes, bytes.count)
    }
}
