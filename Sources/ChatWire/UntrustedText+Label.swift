extension UntrustedText {
    /// The text for another program's display: a window's title or a desktop notification. It is on one line, has a
    /// bounded length, no invisible characters, and few combining marks on a letter.
    ///
    /// - Parameter longest: In Unicode scalars.
    public func label(longest: Int = 200) -> String {
        var label = String.UnicodeScalarView()
        var (count, marks) = (0, 0)
        // The number of scalars examined is bounded, so that a flood of invisible ones costs little.
        for scalar in displayed().unicodeScalars.prefix(longest * 20) {
            if count == longest { break }
            if scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.generalCategory == .format {
                continue
            }
            marks = scalar.isMark ? marks + 1 : 0
            if marks > Self.maxMarks { continue }
            label.append(scalar)
            count += 1
        }
        return String(label)
    }

    /// As many as any language puts on one letter.
    private static let maxMarks = 4
}

extension Unicode.Scalar {
    fileprivate var isMark: Bool {
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .spacingMark: true
        default: false
        }
    }
}
