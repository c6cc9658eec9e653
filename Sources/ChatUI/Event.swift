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
    /// The files of the history cannot be used while the program runs; the reason is for a person.
    case notKept(reason: String)
    /// Something the user should know, in the words of the program.
    case notice(String)
    /// The user wants to leave, but these messages and drafts would be lost. The user has to confirm it.
    case leavingLoses(Remains)
}
