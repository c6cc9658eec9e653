extension String {
    /// Removes a leading U+FEFF, which some editors and programs write to mark UTF-8. It is not part of the text.
    public mutating func removeByteOrderMark() {
        if unicodeScalars.first == "\u{FEFF}" { unicodeScalars.removeFirst() }
    }
}
