import ChatWire
import ClientUpdates

/// Everything that can change what the screen shows.
public enum Event: Sendable, Equatable {
    case input(Input)
    case resized(Size)
    /// Time has passed, so relative times and countdowns may have changed.
    case tick
    /// News from the client module.
    case client(Update)
    /// The draft after the user edited it in another program.
    case edited(String)
    /// A text of this many characters was copied.
    case copied(CopyOutcome, characters: Int)
    /// No program took this text for the clipboard.
    case notCopiedByProgram(String)
    case disk(DiskProblem)
    /// What the marketplace says about products that `Effect.lookUp` asked for. It may come from the disk first.
    case listings([Listing])
    case otherProgram(OtherProgramNews)
    /// The user wants to leave, but these messages and drafts would be lost. The user has to confirm it.
    case leavingLoses(Remains)
}
