/// Whether the window has the focus, as far as its terminal told.
///
/// Many terminals never tell, and a multiplexer only where it is set to (tmux's `focus-events`). There the user may be
/// anywhere, so messages call them, and what is on the screen counts as read only when a key comes.
enum WindowFocus: Sendable, Hashable {
    case unknown, focused, unfocused
}

extension AppState {
    /// Whether the user is surely before the window: the terminal says so, or a key came just now.
    var isAttended: Bool { focus == .focused || isUserActing }

    /// Takes in what an input tells of the focus.
    mutating func noteFocus(_ input: Input) {
        if case .focus(let hasFocus) = input {
            focus = hasFocus ? .focused : .unfocused
        } else if focus == .unfocused, input.isTyped {
            focus = .unknown  // the terminal's last word is wrong, and nobody knows when the next one comes
        }
    }

    /// Another program has the terminal for a while. Only the terminal can tell who has the focus afterwards.
    mutating func forgetFocus() { focus = .unknown }
}

extension Input {
    /// Whether the user did it in this window. The wheel turns what is under the pointer, whatever has the focus.
    var isTyped: Bool {
        switch self {
        case .key, .paste: true
        case .click, .wheel, .focus: false
        }
    }
}

extension Event {
    /// Whether the user is before the window at this moment, whatever the terminal says.
    var isUsersDoing: Bool {
        if case .input(let input) = self { input.isTyped } else { false }
    }
}
