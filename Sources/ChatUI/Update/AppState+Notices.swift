/// Notices that come by themselves must be seen, whatever else happens in the meantime.
extension AppState {
    /// Keeps a notice that another one replaced before the user pressed a key, and shows it when that one is gone. Of two
    /// that come without the user, the more serious is shown first.
    ///
    /// - Parameters:
    ///   - earlier: The notice before this event.
    ///   - isDismissed: Whether the user has pressed a key, and so has seen it.
    mutating func keepUnseen(_ earlier: Notice?, isDismissed: Bool) {
        if let notice, notice != earlier { waitingNotices.removeAll { $0.isOutdated(by: notice) } }
        if let earlier, let seriousness = earlier.seriousness, let notice, notice != earlier, !isDismissed {
            if let other = notice.seriousness, other < seriousness {
                wait(notice)
                self.notice = earlier
            } else if !earlier.isOutdated(by: notice) {
                wait(earlier)
            }
        }
        if notice == nil, !waitingNotices.isEmpty { notice = waitingNotices.removeFirst() }
    }

    /// Inserts a notice behind those that are as serious.
    private mutating func wait(_ notice: Notice) {
        waitingNotices.removeAll { $0 == notice }
        let place = waitingNotices.firstIndex { ($0.seriousness ?? 0) < (notice.seriousness ?? 0) }
        waitingNotices.insert(notice, at: place ?? waitingNotices.endIndex)
    }

    /// Removes notices of what is over, shown or waiting.
    mutating func forgetNotices(_ isOver: (Notice) -> Bool) {
        waitingNotices.removeAll(where: isOver)
        if let notice, isOver(notice) { self.notice = nil }
    }
}

extension Notice {
    /// Whether another notice says the same of a later time.
    fileprivate func isOutdated(by other: Notice) -> Bool {
        if case (.storeFailed, .storeFailed) = (self, other) { true } else { false }
    }

    /// How serious a notice is that comes by itself, from 0. Nil for the others: they answer a key, or come again.
    fileprivate var seriousness: Int? {
        switch self {
        case .inEnglish: 0
        case .disk(.folderIsOpen): 1
        case .disk(.setAside): 2
        case .serverRestored: 2
        case .storeFailed, .disk(.newer), .disk(.unsafe), .disk(.unusable): 3
        case .offline, .offlineNotKept, .tooManyCharacters, .tooManyBytes, .tooLong, .pasteTooLarge, .unknownCommand,
            .commandTakesNoText, .pressAgainToQuit, .leavingLoses, .nothingFailed, .resendsAutomatically, .copied,
            .nothingToCopy, .nothingToQuote, .productChosen, .noProducts, .noLinks, .suspiciousLink, .pasted, .commands,
            .completions, .noTemplates, .unknownTemplate, .fillIn, .placeholderLeft, .notFound, .noOlderMatch,
            .noNewerMatch, .notSaved, .historyUnavailable, .olderOnlyOnServer, .emptyDay, .misused, .noUnread,
            .alreadyUnread, .connectedAlready, .onlyInConversation, .noConversation, .flagged, .blocked,
            .blockUnchanged, .blockingFailed, .otherProgram:
            nil
        }
    }
}
