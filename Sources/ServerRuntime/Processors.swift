import Foundation
import NIOCore

enum Processors {
    /// How many this process may use: what the machine or the container has, or fewer where it was given some of them only, as
    /// by `taskset` or by systemd's `CPUAffinity`. More event loops than that would take turns.
    static var count: Int {
        let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        return min(status.flatMap(allowed) ?? .max, System.coreCount)
    }

    /// From the mask in hexadecimal digits of `Cpus_allowed` (proc_pid_status(5)): `ff` or `00000000,0000000f`.
    static func allowed(by status: String) -> Int? {
        let name = "Cpus_allowed:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        let count = line.dropFirst(name.count).compactMap(\.hexDigitValue).reduce(0) { $0 + $1.nonzeroBitCount }
        return count > 0 ? count : nil
    }
}
