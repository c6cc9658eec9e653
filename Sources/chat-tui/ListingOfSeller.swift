import ChatClient
import ChatUI
import ChatWire
import Dispatch
import Foundation
import LocalStore
import Synchronization

extension ConnectionSettings {
    /// What a window or a command has stored about a product. Nil if it cannot be read.
    func keptListing(_ id: String) -> Listing? {
        guard let history = try? LocalHistory(folder: dataFolder, server: server.identity, user: user) else {
            return nil
        }
        return (try? history.listing(of: id))?.listing
    }

    /// What is known about a product, which must have a seller: from this machine's disk, otherwise from the marketplace.
    /// Without the seller there is nobody to talk to, so this waits for the answer.
    func listingOfSeller(_ id: String, _ texts: Texts) throws -> Listing {
        if let kept = keptListing(id), kept.seller != nil, kept.seller != user { return kept }
        guard let marketplace else { throw UsageFailure(sentence: texts.sellerUnknown) }
        let answer = marketplace.answer(about: id, within: Self.patience) {
            // A program that reads the errors does not wonder what takes so long.
            if isatty(STDERR_FILENO) == 1 { StandardError.write(byWords: texts.askingForSeller) }
        }
        guard let answer else {
            throw CommandFailure(sentence: texts.sellerNotAnswered, code: CommandFailure.Code.unreachable)
        }
        guard let listing = answer.first(where: { UntrustedText($0.id) == UntrustedText(id) }), !listing.isEmpty else {
            throw UsageFailure(sentence: texts.productNotFound(UntrustedText(id)))
        }
        guard let seller = listing.seller, !seller.isBlank else {
            throw UsageFailure(sentence: texts.productHasNoSeller)
        }
        if seller == user { throw UsageFailure(sentence: texts.ownProduct) }
        return listing
    }

    private static let patience: Duration = .seconds(10)
}

extension Marketplace {
    /// - Parameter whenSlow: Called if the answer takes more than a moment.
    /// - Returns: nil if there was no answer in time.
    fileprivate func answer(about id: String, within patience: Duration, whenSlow: () -> Void) -> [Listing]? {
        let (answer, arrived) = (Answer(), DispatchSemaphore(value: 0))
        let task = Task {
            let listings = try? await listings(of: [id])
            answer.listings.withLock { $0 = listings }
            arrived.signal()
        }
        let start = DispatchTime.now()
        if arrived.wait(timeout: start + Self.moment / .seconds(1)) == .timedOut {
            whenSlow()
            _ = arrived.wait(timeout: start + patience / .seconds(1))
        }
        task.cancel()
        return answer.listings.withLock(\.self)
    }

    private static let moment: Duration = .milliseconds(500)

    private final class Answer: Sendable {
        let listings = Mutex<[Listing]?>(nil)
    }
}
