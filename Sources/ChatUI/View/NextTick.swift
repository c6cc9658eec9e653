import ChatWire

/// When a `tick` will next change the screen. Nil if only another event can change it.
///
/// A countdown needs a tick every second. A notice, a typing peer and slow loading need one when they begin or end to
/// be shown. Relative times need at most one a minute; it is timed for the newest visible time, because people look at
/// that one.
public func nextTick(_ model: Model, in environment: Environment) -> ContinuousClock.Instant? {
    if model.app.isWindowTooSmall { return model.app.noticeUntil }
    let typingUntil = model.conversation?.state.typingUntil.flatMap { $0 > environment.instant ? $0 : nil }
    let countdown = countdown(model, now: environment.instant)
    // Ages are measured by the clock that does not jump.
    let older = relativeTimes(model, in: environment).map { environment.instant + ($0 - environment.now) }
    let loading = model.app.loadingNoticeTime.flatMap { $0 > environment.instant ? $0 : nil }
    return [countdown, model.app.noticeUntil, typingUntil, loading, older, model.app.numbersDue]
        .compactMap(\.self).min()
}

private func countdown(_ model: Model, now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    guard case .waiting(_, let retryAt, _) = model.app.connection else { return nil }
    return Countdown.nextChange(until: retryAt, now: now)
}

private func relativeTimes(_ model: Model, in environment: Environment) -> Timestamp? {
    let frame = Frame(model, in: environment)
    let visible = ([frame.header] + frame.content.rows).compactMap(\.time)
    let changes = visible.compactMap { RelativeTime.nextChange(of: $0, after: environment.now) }
    guard let newest = visible.max(), let first = changes.min() else { return nil }
    let minute: Int64 = 60_000_000
    let wait = first.microseconds - newest.microseconds
    // Rounds up to whole minutes from the newest time. For a negative value, integer division rounds up by itself.
    let minutes = wait > 0 ? (wait + minute - 1) / minute : wait / minute
    return Timestamp(microseconds: newest.microseconds + minutes * minute)
}
