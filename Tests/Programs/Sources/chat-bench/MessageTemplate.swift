import ChatWire
import Foundation

/// The numbered messages of one sender. A message is encoded once; then only the number is replaced.
struct MessageTemplate {
    /// Precedes the number in the text, and occurs nowhere else in an event.
    static let mark: StaticString = "#"

    private let pieces: [Substring]
    private static let placeholder = "999999999999"

    init(from sender: UserID, to receiver: UserID) {
        // The number makes the client's id unique within this run, and the first group among all runs.
        let run = String(format: "%08x", UInt32.random(in: 0...UInt32.max))
        let message = ClientEvent.OutgoingMessage(
            sender: sender, receiver: receiver,
            text: UntrustedText("Здравствуйте! Да, ещё продаю. \(Self.mark)\(Self.placeholder)"),
            clientMessageID: ClientMessageID("\(run)-0000-4000-8000-\(Self.placeholder)"))
        pieces = WireCodec.encode(ClientEvent.message(message)).split(separator: Self.placeholder)
    }

    func message(_ number: Int) -> String {
        let digits = String(number)
        return pieces.joined(separator: String(repeating: "0", count: max(0, 12 - digits.count)) + digits)
    }
}
