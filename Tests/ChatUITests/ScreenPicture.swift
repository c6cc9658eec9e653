import ChatUI

/// A screen as an SVG file in the colours of a theme.
///
/// Every run of text has its position and length in cells, so that neither the reader's font nor a wide character moves
/// the text after it.
struct ScreenPicture {
    /// The background of the drawn terminal, and the theme that is made for it.
    enum Appearance: String, CaseIterable {
        case dark, light
    }

    private let screen: Screen
    private let appearance: Appearance
    private let theme: Theme

    init(_ screen: Screen, _ appearance: Appearance) {
        self.screen = screen
        self.appearance = appearance
        theme = Theme(appearance == .dark ? .dark : .light)
    }

    /// The size of a cell in pixels. Most monospaced fonts are 0.6 times as wide as they are high.
    private static let (cellWidth, cellHeight, fontSize) = (9, 20, 15)
    private static let margin = 14

    /// The contents of the file.
    var svg: String {
        let width = screen.size.columns * Self.cellWidth + 2 * Self.margin
        let height = screen.size.rows * Self.cellHeight + 2 * Self.margin
        var lines = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
            font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="\(Self.fontSize)">
            """,
            "<title>\(Self.escaped(screen.title))</title>",
            """
            <rect x="0.5" y="0.5" width="\(width - 1)" height="\(height - 1)" rx="8" fill="\(background)" \
            stroke="\(appearance == .dark ? "#3c3c3c" : "#d0d7de")"/>
            """,
        ]
        for row in 0..<screen.size.rows { lines += runs(of: row).flatMap { draw($0, row: row) } }
        if let cursor = screen.cursor {
            lines.append(
                rectangle(
                    row: cursor.row, column: cursor.column, columns: 1, fill: foreground, extra: " opacity=\"0.5\""))
        }
        return (lines + ["</svg>", ""]).joined(separator: "\n")
    }

    // MARK: - Runs

    /// Neighbouring cells of one style, which become one element.
    private struct Run {
        var column: Int
        var columns: Int
        var text: String
        var style: Style
        /// Whether all its cells are one column wide and have no combining marks, so that other cells can be appended.
        var isPlain: Bool
    }

    private func runs(of row: Int) -> [Run] {
        var runs: [Run] = []
        for (column, cell) in screen.row(row).enumerated() where cell.width > 0 {
            let isPlain = cell.width == 1 && cell.text.unicodeScalars.count == 1
            if isPlain, let last = runs.last, last.isPlain, last.style == cell.style,
                last.column + last.columns == column, Self.isLine(last.text) == Self.isLine(cell.text)
            {
                runs[runs.count - 1].columns += 1
                runs[runs.count - 1].text += cell.text
            } else {
                runs.append(
                    Run(column: column, columns: cell.width, text: cell.text, style: cell.style, isPlain: isPlain))
            }
        }
        return runs
    }

    private static func isLine(_ text: String) -> Bool { text.hasPrefix("─") }

    private func draw(_ run: Run, row: Int) -> [String] {
        let isReverse = run.style.attributes.contains(.reverse)
        let ink = color(run.style.color)
        var elements: [String] = []
        if isReverse { elements.append(rectangle(row: row, column: run.column, columns: run.columns, fill: ink)) }
        let paint = isReverse ? background : ink
        if Self.isLine(run.text) {
            let height = y(row) + Self.cellHeight / 2
            let opacity = run.style.attributes.contains(.dim) ? " stroke-opacity=\"0.55\"" : ""
            elements.append(
                "<path d=\"M\(x(run.column)) \(height)h\(run.columns * Self.cellWidth)\" stroke=\"\(paint)\"\(opacity)/>"
            )
        } else {
            elements += words(run).map { text($0, row: row, fill: paint) }
        }
        return elements
    }

    /// Splits a run at its blanks. Each word keeps its position.
    private func words(_ run: Run) -> [Run] {
        guard run.isPlain else { return [run] }
        var words: [Run] = []
        for (offset, character) in run.text.unicodeScalars.enumerated() where character != " " {
            if let last = words.last, last.column + last.columns == run.column + offset {
                words[words.count - 1].columns += 1
                words[words.count - 1].text.unicodeScalars.append(character)
            } else {
                words.append(
                    Run(
                        column: run.column + offset, columns: 1, text: String(character), style: run.style,
                        isPlain: true))
            }
        }
        return words
    }

    private func text(_ run: Run, row: Int, fill: String) -> String {
        let attributes = run.style.attributes
        var looks = " fill=\"\(fill)\""
        if attributes.contains(.bold) { looks += " font-weight=\"bold\"" }
        if attributes.contains(.dim) { looks += " fill-opacity=\"0.65\"" }
        if attributes.contains(.underline) { looks += " text-decoration=\"underline\"" }
        return """
            <text x="\(x(run.column))" y="\(y(row) + Self.fontSize)" textLength="\(run.columns * Self.cellWidth)" \
            lengthAdjust="spacingAndGlyphs"\(looks)>\(Self.escaped(run.text))</text>
            """
    }

    private func rectangle(row: Int, column: Int, columns: Int, fill: String, extra: String = "") -> String {
        """
        <rect x="\(x(column))" y="\(y(row))" width="\(columns * Self.cellWidth)" height="\(Self.cellHeight)" \
        fill="\(fill)"\(extra)/>
        """
    }

    private func x(_ column: Int) -> Int { Self.margin + column * Self.cellWidth }
    private func y(_ row: Int) -> Int { Self.margin + row * Self.cellHeight }

    // MARK: - Colours

    private var background: String { appearance == .dark ? "#1e1e1e" : "#ffffff" }
    private var foreground: String { appearance == .dark ? "#d4d4d4" : "#1f2328" }

    /// The first eight colours depend on the terminal. The theme gives the others as red, green and blue for terminals
    /// with direct colour.
    private func color(_ color: Style.Color) -> String {
        guard let number = theme.number(of: color, colors: 1 << 24) else { return foreground }
        if number < 8 { return Self.basic[Int(number)] }
        let digits = String(number, radix: 16)
        return "#" + String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// The first eight colours for a dark background.
    private static let basic = [
        "#000000", "#f14c4c", "#23d18b", "#e5c07b", "#3b8eea", "#d670d6", "#29b8db", "#e5e5e5",
    ]

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
