// What became of a text that was copied.

extension Texts {
    func copied(_ outcome: CopyOutcome, characters count: Int) -> String {
        switch outcome {
        case .clipboard(let program):
            choose("Скопировано (\(program)): ", "Copied (\(program)): ") + characters(count)
        case .tmux(let prefix, let isPassedOn):
            choose("Скопировано в буфер tmux", "Copied to tmux's buffer")
                + (key(ofTmux: prefix).map { choose(": вставка \($0) ]", ": \($0) ] pastes") } ?? "")
                + (isPassedOn ? choose("; терминалу тоже отправлено", "; also sent to the terminal") : "")
        case .terminal:
            choose(
                "Отправлено терминалу (OSC 52): примет ли он, неизвестно",
                "Sent to the terminal (OSC 52): it may or may not take it")
        case .nowhere:
            choose(
                "Не скопировано: нужна программа wl-copy, xclip или xsel",
                "Not copied: this needs wl-copy, xclip or xsel")
        }
    }

    /// A key that tmux calls `C-b` or `M-a`, in this program's words. Nil if it is another kind of key.
    private func key(ofTmux name: String) -> String? {
        guard name.count == 3, let character = name.last, character.isLetter else { return nil }
        switch name.prefix(2) {
        case "C-": return Key(.character(character), .control).name
        case "M-": return Key(.character(character), .alt).name
        default: return nil
        }
    }
}
