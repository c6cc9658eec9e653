import ChatWire
import ClientUpdates

/// Everything that can happen to the screen.
public enum Event: Sendable, Equatable {
    case input(Input)
    case resized(Size)
    /// Time has passed: relative times and countdowns may read differently now.
    case tick
    /// What the client module tells.
    case client(Update)
    /// What the user made of the draft in another program.
    case edited(String)
    /// The files of the history cannot be used while the program runs; the reason is for a person.
    case notKept(reason: String)
    /// Something the user should know, in the words of the program.
    case notice(String)
    /// The user wants to leave, and this would be lost: to leave all the same takes one more word.
    case leavingLoses(Remains)
}
