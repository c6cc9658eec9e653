import Foundation

/// The running processes (proc(5)).
enum ProcessTable {
    /// The ids of the processes of `program` with an argument or a variable that holds `mark`, which is a path of this test.
    static func ids(of program: String, with mark: String) -> [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.filter { id in
            guard (arguments(id).first as NSString?)?.lastPathComponent == program else { return false }
            return (arguments(id) + strings("/proc/\(id)/environ")).contains { $0.contains(mark) }
        }
    }

    private static func arguments(_ id: pid_t) -> [String] { strings("/proc/\(id)/cmdline") }

    /// Of a process that has ended there are none.
    private static func strings(_ path: String) -> [String] {
        let bytes = FileManager.default.contents(atPath: path) ?? Data()
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
