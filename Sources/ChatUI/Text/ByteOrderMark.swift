extension String {
    /// Some editors and programs put U+FEFF before a text to say that it is UTF-8. It is no part of it.
    public mutating func removeByteOrderMark() {
        if unicodeScalars.first == "\u{FEFF}" { unicodeScalars.removeFirst() }
    }
}
