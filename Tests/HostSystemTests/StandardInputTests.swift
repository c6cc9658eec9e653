import Foundation
import HostSystem
import Testing

@Suite struct StandardInputTests {
    /// A pipe as ssh and Node leave it: non-blocking.
    @Test func waitsWhereNothingIsThereYet() async throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        let writer = ends[1]
        let thread = Thread {
            for byte in Array("ab".utf8) {
                usleep(50_000)  // the reader may be waiting already or come later; both are fine
                var byte = byte
                _ = write(writer, &byte, 1)
            }
            close(writer)
        }
        thread.start()
        var (bytes, buffer): ([UInt8], [UInt8]) = ([], [UInt8](repeating: 0, count: 8))
        while true {
            let count = try StandardInput.read(into: &buffer, from: ends[0])
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        #expect(bytes == Array("ab".utf8))
    }

    /// None of these errors is the end of the input.
    @Test func tellsOtherErrors() throws {
        var buffer = [UInt8](repeating: 0, count: 8)
        let folder = open("/", O_RDONLY | O_CLOEXEC)
        defer { close(folder) }
        #expect(throws: StandardInput.Failure.self) { try StandardInput.read(into: &buffer, from: folder) }
        #expect(throws: StandardInput.Failure.self) { try StandardInput.read(into: &buffer, from: -1) }
    }
}
