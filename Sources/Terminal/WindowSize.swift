import CNcurses

/// The size of a terminal's window in cells. What is unknown of it is nil.
public struct WindowSize: Sendable, Equatable {
    public let rows: Int?
    public let columns: Int?

    public init(of descriptor: Int32) {
        var (rows, columns) = (Int32(0), Int32(0))
        let isKnown = cn_window_size(descriptor, &rows, &columns) == 0
        self.rows = isKnown && rows > 0 ? Int(rows) : nil
        self.columns = isKnown && columns > 0 ? Int(columns) : nil
    }
}
