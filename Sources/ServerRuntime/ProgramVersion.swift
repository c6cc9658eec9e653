import CBuildCommit
import ChatWire

/// The version of both programs.
public enum ProgramVersion {
    /// By https://semver.org. The changelog's newest entry has the same, and packages are named after it.
    public static let number = "0.2.0"

    /// The commit that the program was built from; nil if the build was not told.
    public static let commit: String? = {
        let commit = String(cString: chat_build_commit())
        return commit.isEmpty ? nil : commit
    }()

    /// What `--version` prints.
    public static func line(of program: String) -> String {
        let protocols = ProtocolVersion.known.map(String.init).joined(separator: " and ")
        return (["\(program) \(number)", "protocols \(protocols)"] + (commit.map { ["commit \($0)"] } ?? []))
            .joined(separator: ", ")
    }
}
