import Dispatch
import TextSearch

/// The search in all conversations. It needs only this machine's disk and no server, so the `Session` does not take
/// part.
extension Client {
    private static let pageOfFound = 50

    /// How many messages are indexed at once. New messages are not stored meanwhile.
    private static let indexedAtOnce = 300

    /// Leaves time for other work between two such steps.
    private static let indexingPause = DispatchTimeInterval.milliseconds(5)

    /// Searches all conversations. `Update.found` answers, unless a later search replaced this one.
    /// - Parameter place: The `next` of the page before; nil for the newest messages.
    public func find(_ query: WordQuery, after place: Int64? = nil) {
        let number = state.withLock { state in
            state.find += 1
            return state.find
        }
        disk.async { [weak self, store] in
            guard let self, state.withLock({ $0.find == number }) else { return }
            let page: Result<FoundPage, StoreFailure>
            do throws(StoreFailure) {
                page = .success(try store.find(query, before: place, limit: Self.pageOfFound))
            } catch {
                page = .failure(error)
            }
            state.withLock { state in
                if state.find == number { deliver(.found(query: query.text, page, after: place)) }
            }
        }
    }

    /// Adds the messages of an older version's store to the index for the search, part by part. Ends if the disk
    /// refuses one; the next start continues.
    public func indexHistory() {
        disk.async { [weak self] in self?.indexNextPart() }
    }

    private func indexNextPart() {
        guard !state.withLock(\.isStopping), (try? store.indexMore(limit: Self.indexedAtOnce)) == true else { return }
        disk.asyncAfter(deadline: .now() + Self.indexingPause) { [weak self] in self?.indexNextPart() }
    }
}
