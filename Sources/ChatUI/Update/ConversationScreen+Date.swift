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
        /// When the next day begins.
        let end: Timestamp
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
        dateJump = DateJump(
            day: day, start: environment.beginning(ofDay: day), end: environment.beginning(ofDay: day + 1))
        return continueDateJump(in: &app, environment)
    }

    /// Performs the next step of the jump.
    mutating func continueDateJump(in app: inout AppState, _ environment: Environment) -> [Effect] {
        guard let jump = dateJump, !app.isWindowTooSmall else { return [] }
        let stored = state.transcript.stored
        guard let index = place(of: jump) else { return endDateJump(in: &app, environment) }
        if !mayBeMissing(before: index) { return endDateJump(in: &app, environment) }
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
                return endDateJump(in: &app, environment)
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
        dateJump = nil
        if let index = target(of: jump) { show(messageAt: index, in: app, environment) }
    }

    /// Shows where the jump ends, and says so if that is another day than the user asked for.
    private mutating func endDateJump(in app: inout AppState, _ environment: Environment) -> [Effect] {
        guard let jump = dateJump else { return [] }
        dateJump = nil
        let target = target(of: jump)
        let day = target.map { environment.localTime(state.transcript.line(at: $0).time) }
        if day?.dayNumber != jump.day, app.notice == nil {
            app.notice = .emptyDay(
                CivilTime(secondsSince1970: Int64(jump.day) * 86_400), instead(of: jump, day, environment),
                thisYear: environment.localTime(environment.now).year, missing: missing(at: place(of: jump), in: app))
        }
        guard let target else { return [] }
        show(messageAt: target, in: app, environment)
        return loadVisibleHole(downwards: true, in: app, environment)
    }

    /// The index before which messages of the day have to be loaded. Nil if the day is later than all messages.
    private func place(of jump: DateJump) -> Int? {
        state.transcript.stored.firstIndex { $0.createdAt >= jump.start }
    }

    /// The index of the day's first message, or of the next one after the day. Nil if there is neither.
    ///
    /// A message that was delivered late stands below later ones, so all are looked at. One that is still being sent is
    /// of its day, but nobody knows yet what it comes after.
    private func target(of jump: DateJump) -> Int? {
        let (stored, pending) = (state.transcript.stored, state.transcript.pending)
        func isOfDay(_ time: Timestamp) -> Bool { time >= jump.start && time < jump.end }
        if let index = stored.firstIndex(where: { isOfDay($0.createdAt) }) { return index }
        if let index = pending.firstIndex(where: { isOfDay($0.createdAt) }) { return stored.count + index }
        return stored.indices.filter { stored[$0].createdAt >= jump.end }
            .min { stored[$0].createdAt < stored[$1].createdAt }
    }

    /// - Parameter next: The day that is shown.
    private func instead(of jump: DateJump, _ next: CivilTime?, _ environment: Environment) -> Notice.DayInstead {
        if let next { return place(of: jump) == 0 && !hasOlder ? .first(next) : .next(next) }
        let last =
            state.transcript.stored.map(\.createdAt).max() ?? state.transcript.pending.map(\.createdAt).max()
        return last.map { .last(environment.localTime($0)) } ?? .noMessages
    }

    /// Why messages of the day may be missing although none is here. Nil if none is missing.
    ///
    /// - Parameter index: The index before which they would be. Nil for the end.
    private func missing(at index: Int?, in app: AppState) -> Notice.Missing? {
        let atEnd: Notice.Missing = app.isOnline ? .loading : .offline
        if index == nil, !state.isCaughtUp { return atEnd }
        let index = index ?? state.transcript.stored.count
        guard index > 0 else { return hasOlder ? .notLoaded : nil }
        switch state.transcript.gap(after: index - 1) {
        case .open: return atEnd
        case .hole, .dropped: return .notLoaded
        case .unknown: return .unknown
        case nil: return nil
        }
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
