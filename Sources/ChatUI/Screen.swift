/// The contents of the terminal: a grid of cells, the cursor and the window's title. `view` makes it, the terminal
/// shows it, and tests compare it as text.
public struct Screen: Sendable, Equatable {
    public private(set) var size: Size
    /// The cells row by row, `size.columns` in each row.
    public private(set) var cells: [Cell]
    /// Nil if the cursor is hidden.
    public var cursor: Position?
    /// The title of the terminal's window. It is safe to show.
    public var title: String

    public init(size: Size, title: String = "") {
        self.size = size
        self.title = title
        self.cells = Array(repeating: .blank, count: size.rows * size.columns)
    }

    public subscript(row: Int, column: Int) -> Cell {
        get { cells[row * size.columns + column] }
        set { cells[row * size.columns + column] = newValue }
    }

    /// The cells of one row.
    public func row(_ row: Int) -> ArraySlice<Cell> {
        cells[row * size.columns..<(row + 1) * size.columns]
    }
}

public struct Size: Sendable, Hashable {
    public var rows: Int
    public var columns: Int

    public init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
    }
}

public struct Position: Sendable, Hashable {
    public var row: Int
    public var column: Int

    public init(row: Int, column: Int) {
        self.row = row
        self.column = column
    }
}

/// One cell of the grid.
public struct Cell: Sendable, Hashable {
    /// A base scalar with at most four combining marks. Empty in the right half of a wide character.
    public var text: String
    /// The width in columns: 1, 2 for a wide character, or 0 in the right half of a wide character.
    public var width: Int
    public var style: Style

    public init(text: String, width: Int, style: Style = .plain) {
        self.text = text
        self.width = width
        self.style = style
    }

    public static let blank = Cell(text: " ", width: 1)
}

/// How a cell looks. Every terminal can show it: a missing colour is replaced by an attribute (see `Palette`).
public struct Style: Sendable, Hashable {
    public var color: Color
    public var attributes: Attributes

    public init(_ color: Color = .normal, _ attributes: Attributes = []) {
        self.color = color
        self.attributes = attributes
    }

    public static let plain = Style()

    public enum Color: UInt8, Sendable, Hashable, CaseIterable {
        case normal, red, green, yellow, blue, magenta, cyan, gray
    }

    public struct Attributes: OptionSet, Sendable, Hashable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        public static let bold = Attributes(rawValue: 1)
        public static let dim = Attributes(rawValue: 2)
        public static let underline = Attributes(rawValue: 4)
        public static let reverse = Attributes(rawValue: 8)
    }
}
