import Synchronization

/// Checks whether messages can be stored now. Anybody may ask, so an answer is reused for a second.
final class Readiness: Sendable {
    private static let validity: Duration = .seconds(1)
    /// A check that takes longer has failed, since a disk may hang for ever.
    private static let patience: Duration = .seconds(4)

    private let store: any StoreUpkeep
    private let state = Mutex(State())

    private struct State {
        var answer: Answer?
        var waiting: [CheckedContinuation<String?, Never>] = []
        var isAsking = false
        /// The number of the current check. The late answer of an earlier check has another one.
        var number = 0
    }

    private struct Answer {
        var problem: String?
        var time: ContinuousClock.Instant
    }

    init(store: any StoreUpkeep) { self.store = store }

    /// Returns nil if messages can be stored, otherwise the reason.
    func problem() async -> String? {
        await withCheckedContinuation { continuation in
            let (known, question) = state.withLock { state -> (Answer?, Int?) in
                if let answer = state.answer, .now - answer.time < Self.validity { return (answer, nil) }
                state.waiting.append(continuation)
                if state.isAsking { return (nil, nil) }
                state.isAsking = true
                state.number += 1
                return (nil, state.number)
            }
            if let known { continuation.resume(returning: known.problem) }
            if let question { ask(question) }
        }
    }

    private func ask(_ number: Int) {
        Task {
            do throws(StoreError) {
                try await store.checkWritable()
                answer(nil, number)
            } catch {
                answer(error.description, number)
            }
        }
        Task {
            try? await Task.sleep(for: Self.patience)
            answer("the database does not answer", number)
        }
    }

    private func answer(_ problem: String?, _ number: Int) {
        let waiting = state.withLock { state -> [CheckedContinuation<String?, Never>] in
            guard state.isAsking, state.number == number else { return [] }
            defer { state.waiting = [] }
            state.isAsking = false
            state.answer = Answer(problem: problem, time: .now)
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: problem) }
    }
}
