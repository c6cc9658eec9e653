import Foundation

/// The running processes (proc(5)).
enum ProcessTable {
    /// The ids of the processes of `program` with an argument or a variable that contains `mark`, a path of this test.
    static func ids(of program: String, with mark: String) -> [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.filter { id in
            guard (arguments(id).first as NSString?)?.lastPathComponent == program else { return false }
            return (arguments(id) + strings("/proc/\(id)/environ")).contains { $0.contains(mark) }
        }
    }

    /// The children of these processes that have ended and were not waited for.
    static func corpses(of parents: [pid_t]) -> [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.filter { id in
            // The format is `id (name) state parent …`. The name may contain anything.
            let status = strings("/proc/\(id)/stat").first ?? ""
            let fields = status.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && fields[0] == "Z" && parents.contains { "\($0)" == fields[1] }
        }
    }

    private static func arguments(_ id: pid_t) -> [String] { strings("/proc/\(id)/cmdline") }

    /// Empty for a process that has ended.
    private static func strings(_ path: String) -> [String] {
        let bytes = FileManager.default.contents(atPath: path) ?? Data()
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
