import SystemErrors

/// What came of running a program that the user configured.
public enum OtherProgramNews: Sendable, Equatable {
    /// No browser opened the link. An empty array: the user has none.
    case linkNotOpened([ProgramFailure])
    case editorMissing
    /// The file for the editor could not be made.
    case noEditorFile(FileProblem)
    /// The editor ended. `leaving` is the path of its file, or of what is beside it, where these stay.
    case edited(EditProblem?, leaving: String?)
}

/// Why the text in the editor did not become the draft, or only a part of it did.
public enum EditProblem: Sendable, Equatable {
    /// The draft is unchanged.
    case failed(ProgramFailure)
    /// The draft is what the editor had saved when it failed.
    case savedBefore(ProgramFailure)
    case unreadable
    /// The text is longer than a draft may be.
    case tooLarge
}

/// Why a program that the user configured failed.
public struct ProgramFailure: Error, Sendable, Equatable {
    public enum Reason: Sendable, Equatable {
        /// The program could not be started (`errno`).
        case notStarted(Int32)
        /// The browser is a shell, which would execute parts of an address.
        case shell
        case unclosedQuote
        case exited(code: Int32)
        case killed(signal: Int32)
    }

    /// The program's name as the user wrote it.
    public let program: String
    public let reason: Reason

    public init(_ program: String, _ reason: Reason) {
        self.program = program
        self.reason = reason
    }
}
