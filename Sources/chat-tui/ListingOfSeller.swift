import ChatClient
import ChatUI
import ChatWire
import ClientUpdates
import Dispatch
import Foundation
import LocalStore
import Supabase
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
        guard let marketplace else { throw UsageFailure(sentence: texts.sellerUnknown(profile)) }
        let answer = marketplace.answer(about: id, within: Self.patience) {
            // A program that reads the errors does not wonder what takes so long.
            if isatty(STDERR_FILENO) == 1 { StandardError.write(byWords: texts.askingForSeller) }
        }
        let listings: [Listing]
        switch answer {
        case .success(let answered)?: listings = answered
        case .failure(let problem)?: throw failure(problem, texts)
        case nil: throw CommandFailure(sentence: texts.sellerNotAnswered, code: CommandFailure.Code.unreachable)
        }
        guard let listing = listings.first(where: { UntrustedText($0.id) == UntrustedText(id) }), !listing.isEmpty
        else {
            throw UsageFailure(sentence: texts.productNotFound(UntrustedText(id)))
        }
        guard let seller = listing.seller, !seller.isBlank else {
            throw UsageFailure(sentence: texts.productHasNoSeller)
        }
        if seller == user { throw UsageFailure(sentence: texts.ownProduct(profile)) }
        return listing
    }

    /// Why the marketplace did not say whose product it is.
    private func failure(_ problem: any Error, _ texts: Texts) -> any Error {
        switch problem {
        case let end as LinkEnd:
            // There was no token to ask with.
            let named = texts.naming(label)
            return CommandFailure(
                sentence: named.unreachable(named.problem(end)), code: end.exitCode)
        case let failure as AuthFailure:
            return CommandFailure(
                sentence: texts.sellerNotTold(failure, at: project?.authority ?? "", profile: profile),
                code: failure.exitCode)
        default: return UsageFailure(sentence: texts.sellerUnknown(profile))
        }
    }

    private static let patience: Duration = .seconds(10)
}

extension Marketplace {
    /// - Parameter whenSlow: Called if the answer takes more than a moment.
    /// - Returns: nil if there was no answer in time.
    fileprivate func answer(
        about id: String, within patience: Duration, whenSlow: () -> Void
    ) -> Result<[Listing], any Error>? {
        let (answer, arrived) = (Answer(), DispatchSemaphore(value: 0))
        let task = Task {
            let result: Result<[Listing], any Error>
            do {
                result = .success(try await listings(of: [id]))
            } catch {
                result = .failure(error)
            }
            answer.result.withLock { $0 = result }
            arrived.signal()
        }
        let start = DispatchTime.now()
        if arrived.wait(timeout: start + Self.moment / .seconds(1)) == .timedOut {
            whenSlow()
            _ = arrived.wait(timeout: start + patience / .seconds(1))
        }
        task.cancel()
        return answer.result.withLock(\.self)
    }

    private static let moment: Duration = .milliseconds(500)

    private final class Answer: Sendable {
        let result = Mutex<Result<[Listing], any Error>?>(nil)
    }
}
