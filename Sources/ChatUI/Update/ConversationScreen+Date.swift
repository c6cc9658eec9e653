import ChatWire
import ClientUpdates
import Formats

/// The jump to a day (`/date`).
extension ConversationScreen {
    /// A jump that is not finished, because messages have to be loaded.
    struct DateJump: Sendable {
        /// The day, counted from 1970-01-01.
        let day: Int
        /// When the day begins.
        let start: Timestamp
        var step = Step.begun
        /// The message before which the last page was requested.
        var asked: MessageID?

        enum Step: Sendable {
            case begun
            case loadingFromDisk
            /// The messages are loaded page by page, as they are when the user scrolls.
            case loadingPages
        }
    }

    /// Goes to the first message of a day, or to the next one after it. Loads what is missing. Any input ends the jump.
    mutating func goToDate(_ text: String, in app: inout AppState, _ environment: Environment) -> [Effect] {
        guard let day = TypedDay.number(text, today: environment.localTime(environment.now)) else {
            app.notice = .misused(.date(text))
            return []
        }
        dateJump = DateJump(day: day, start: environment.beginning(ofDay: day))
        return continueDateJump(in: &app, environment)
    }

    /// Performs the next step of the jump.
    mutating func continueDateJump(in app: inout AppState, _ environment: Environment) -> [Effect] {
        guard let jump = dateJump, !app.isWindowTooSmall else { return [] }
        let stored = state.transcript.stored
        guard let index = stored.firstIndex(where: { $0.createdAt >= jump.start }) else {
            return endDateJump(at: state.transcript.pending.isEmpty ? nil : stored.count, in: &app, environment)
        }
        if !mayBeMissing(before: index) { return endDateJump(at: index, in: &app, environment) }
        switch jump.step {
        case .begun:
            dateJump?.step = .loadingFromDisk
            return [.loadSince(jump.start)]
        case .loadingFromDisk: return []
        case .loadingPages:
            guard loadingBefore == nil else { return [] }
            let next = stored[index].id
            if jump.asked == next {
                // The page brought nothing.
                if !app.isOnline { app.notice = .olderOnlyOnServer }
                return endDateJump(at: index, in: &app, environment)
            }
            dateJump?.asked = next
            loadingBefore = next
            show(messageAt: index, in: app, environment)
            return [.loadOlder(before: next)]
        }
    }

    /// Adds the stored messages around the first one of the day.
    mutating func mergeSince(
        _ time: Timestamp, _ page: [Message], isAll: (hasOlder: Bool, hasNewer: Bool, followsGap: Bool),
        in app: inout AppState, _ environment: Environment
    ) -> [Effect] {
        guard dateJump?.start == time, dateJump?.step == .loadingFromDisk else { return [] }
        dateJump?.step = .loadingPages
        var page = page.filter(state.isAbout)
        // The messages before a gap must not be shown as if nothing were missing.
        if isAll.followsGap { page = Array(page.drop { $0.createdAt < time }) }
        let isWhole = !isAll.hasOlder && !isAll.followsGap
        if !page.isEmpty {
            state.noteProducts(of: page)
            state.transcript.insert(page, hasOlder: !isWhole, hasNewer: isAll.hasNewer)
            search?.collect(from: state.transcript)
        }
        return continueDateJump(in: &app, environment)
    }

    /// Loading has failed, so the nearest message that is here is shown.
    mutating func dateJumpFailed(in app: inout AppState, _ environment: Environment) {
        guard let jump = dateJump else { return }
        let index = state.transcript.stored.firstIndex { $0.createdAt >= jump.start }
        dateJump = nil
        if let index { show(messageAt: index, in: app, environment) }
    }

    /// Shows where the jump ends, and says so if that is another day than the user asked for.
    private mutating func endDateJump(
        at index: Int?, in app: inout AppState, _ environment: Environment
    ) -> [Effect] {
        guard let jump = dateJump else { return [] }
        dateJump = nil
        let thisYear = environment.localTime(environment.now).year
        let asked = CivilTime(secondsSince1970: Int64(jump.day) * 86_400)
        guard let index else {
            let last = state.transcript.stored.last.map { environment.localTime($0.createdAt) }
            app.notice = .emptyDay(asked, last.map { .last($0) } ?? .noMessages, thisYear: thisYear)
            return []
        }
        let shown = environment.localTime(state.transcript.line(at: index).time)
        if shown.dayNumber != asked.dayNumber, app.notice == nil {
            app.notice = .emptyDay(
                asked, index == 0 && !hasOlder ? .first(shown) : .next(shown), thisYear: thisYear)
        }
        show(messageAt: index, in: app, environment)
        return loadVisibleHole(downwards: true, in: app, environment)
    }

    private func mayBeMissing(before index: Int) -> Bool {
        guard index > 0 else { return hasOlder }
        switch state.transcript.gap(after: index - 1) {
        case .dropped, .hole: return true
        case .open, .unknown, nil: return false
        }
    }

    /// Shows a message at the top of the window.
    private mutating func show(messageAt index: Int, in app: AppState, _ environment: Environment) {
        guard !app.isWindowTooSmall else { return }
        viewport = layout(in: app, environment).viewport(withTop: ScrollbackLayout.Place(index: index, row: 0))
    }
}
