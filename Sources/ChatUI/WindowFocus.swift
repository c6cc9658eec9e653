/// Whether the window has the focus, as far as the terminal has reported.
///
/// Many terminals never report it, and tmux reports it only with `focus-events` on. Then it is unknown whether the user
/// is looking: each message calls them, and what is on the screen counts as read only when they press a key.
enum WindowFocus: Sendable, Hashable {
    case unknown, focused, unfocused
}

extension AppState {
    /// Whether the user is certainly in front of the window: the window has the focus, or a key was pressed just now.
    var isUserPresent: Bool { focus == .focused || isHandlingUserInput }

    /// Updates the focus after an input.
    mutating func noteFocus(_ input: Input) {
        if case .focus(let hasFocus) = input {
            focus = hasFocus ? .focused : .unfocused
        } else if focus == .unfocused, input.isTyped {
            focus = .unknown  // the last report was wrong, and it is unknown when the next one comes
        }
    }

    /// Another program uses the terminal for a while. Afterwards the focus is unknown until the terminal reports it.
    mutating func forgetFocus() { focus = .unknown }
}

extension Input {
    /// Whether the user typed into this window. A turn of the wheel is no evidence: it goes to the window under the
    /// pointer, whichever has the focus.
    var isTyped: Bool {
        switch self {
        case .key, .paste: true
        case .click, .wheel, .focus: false
        }
    }
}

extension Event {
    /// Whether this event proves that the user is in front of the window now, whatever the terminal reported.
    var isUserInput: Bool {
        if case .input(let input) = self { input.isTyped } else { false }
    }
}
