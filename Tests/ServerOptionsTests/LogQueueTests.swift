import Foundation
import Testing

@testable import ServerRuntime

@Suite("The queue of the log", .timeLimit(.minutes(10)))
struct LogQueueTests {
    /// A pipe whose reader reads only when told to.
    private final class Pipe {
        let readEnd: CInt
        let writeEnd: CInt

        init() throws {
            var ends: [CInt] = [0, 0]
            try #require(pipe(&ends) == 0)
            (readEnd, writeEnd) = (ends[0], ends[1])
        }

        deinit { close(readEnd) }

        func text(until end: String) -> String {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65536)
            while !String(decoding: bytes, as: UTF8.self).contains(end) {
                let count = read(readEnd, &buffer, buffer.count)
                if count <= 0 { break }
                bytes += buffer.prefix(count)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test func linesComeInOrder() throws {
        let pipe = try Pipe()
        let queue = LogQueue(descriptor: pipe.writeEnd)
        for number in 0..<100 { queue.write("\(number)\n") }
        #expect(queue.flush(within: 10))
        #expect(pipe.text(until: "99\n") == (0..<100).map { "\($0)\n" }.joined())
        #expect(queue.dropped == 0 && !queue.isStuck)
    }

    @Test func itKnowsThatItIsStuck() async throws {
        let pipe = try Pipe()
        let queue = LogQueue(descriptor: pipe.writeEnd)
        queue.write(String(repeating: "x", count: 200_000) + "\n")
        #expect(!queue.isStuck)
        let deadline = ContinuousClock.now + .seconds(60)
        while !queue.isStuck, .now < deadline { try await Task.sleep(for: .milliseconds(100)) }
        #expect(queue.isStuck)
        _ = pipe.text(until: "\n")
        #expect(queue.flush(within: 10) && !queue.isStuck)
    }

    @Test func aReaderThatIsGoneEndsNothing() throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        let queue = LogQueue(descriptor: ends[1])
        queue.write("x\n")
        #expect(queue.flush(within: 10))
        #expect(queue.dropped == 1)
        close(ends[1])
    }
}
