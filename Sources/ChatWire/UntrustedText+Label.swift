extension UntrustedText {
    /// The text for what is not painted cell by cell: a window's title, a notification of the desktop, where another program
    /// lays it out. On one line, of bounded length, without what is invisible, and with few marks on a letter.
    ///
    /// - Parameter longest: In Unicode scalars.
    public func label(longest: Int = 200) -> String {
        var label = String.UnicodeScalarView()
        var (count, marks) = (0, 0)
        // Whatever is left out, no more than this is looked at: a flood of invisible ones costs little.
        for scalar in displayed().unicodeScalars.prefix(longest * 20) {
            if count == longest { break }
            if scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.generalCategory == .format {
                continue
            }
            marks = scalar.isMark ? marks + 1 : 0
            if marks > Self.mostMarks { continue }
            label.append(scalar)
            count += 1
        }
        return String(label)
    }

    /// As many as languages put on one letter.
    private static let mostMarks = 4
}

extension Unicode.Scalar {
    fileprivate var isMark: Bool {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .spacingMark: true
        default: false
        }
    }
}
