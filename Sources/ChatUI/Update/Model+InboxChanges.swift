import ChatWire

/// Changes of the list that come without the user: they put nothing else under the user's finger.
extension Model {
    /// What a key acts on in the list: Enter on the selected conversation, Alt with a digit on that with the number.
    struct UnderFinger: Sendable, Equatable {
        var selected: UserID?
        var numbers: InboxNumbers
    }

    var underFinger: UnderFinger? {
        guard conversation == nil else { return nil }
        let inbox = app.inbox
        return UnderFinger(selected: inbox.selectedIndex.map { inbox.shown[$0] }, numbers: inbox.numbers)
    }

    /// - Parameter before: What was under the finger before the event.
    mutating func noteUnderFinger(since before: UnderFinger?, isUserInput: Bool, now: ContinuousClock.Instant) {
        guard !isUserInput else { return app.formerlyUnderFinger.forget() }
        guard let before, before.selected != nil, let underFinger, before != underFinger else { return }
        app.formerlyUnderFinger.changed(from: before, now: now)
    }

    /// The conversation in the list that a key acts on.
    var meantConversation: UserID? { (app.meant ?? underFinger)?.selected }

    /// Once the user has pressed nothing for some seconds, rows in sight take the numbers of those that are out of sight.
    mutating func renumber(isUserInput: Bool, in environment: Environment) {
        guard conversation == nil, !app.isWindowTooSmall else { return app.numbersDue = nil }
        let visible = inboxLayout(in: environment).visible
        var numbers = app.inbox.numbers
        guard numbers.give(toVisible: visible) else { return app.numbersDue = nil }
        if isUserInput { app.numbersDue = nil }
        let due = app.numbersDue ?? environment.instant + Self.rest
        app.numbersDue = due
        guard due <= environment.instant else { return }
        app.numbersDue = nil
        app.inbox.giveNumbers(toVisible: visible)
    }

    private static let rest: Duration = .seconds(5)
}
