import Foundation
import NIOCore

enum Processors {
    /// The number of processors that this process may use. `taskset` and systemd's `CPUAffinity` may leave it fewer
    /// than the machine or the container has. More event loops than that would only take turns.
    static var count: Int {
        let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        return min(status.flatMap(allowed) ?? .max, System.coreCount)
    }

    /// - Parameter status: The content of `/proc/self/status`. `Cpus_allowed` is a mask in hexadecimal digits, such as
    ///   `ff` or `00000000,0000000f` (proc_pid_status(5)).
    static func allowed(by status: String) -> Int? {
        let name = "Cpus_allowed:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        let count = line.dropFirst(name.count).compactMap(\.hexDigitValue).reduce(0) { $0 + $1.nonzeroBitCount }
        return count > 0 ? count : nil
    }
}
