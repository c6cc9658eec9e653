import CLibrary
import CNcurses
import ChatUI

/// Paints screens with ncurses, which remembers what the terminal shows and writes only the cells that changed.
///
/// ncurses itself does no input or output here. `InputSource` reads. What ncurses writes goes to a file in memory and
/// from there to `OutputQueue`, because ncurses would block on a terminal that accepts nothing. Therefore the
/// terminal's modes are set here as well.
final class Painter {
    let terminalName: String
    private let screen: OpaquePointer
    private let streams: [UnsafeMutablePointer<FILE>]
    private let palette: Palette
    private let output: Int32
    /// ncurses's output descriptor. It is a file in memory from the start.
    private let memory: Int32
    /// The terminal's modes while the program runs: keys are unprocessed.
    private var programModes = termios()
    private var painted: Screen?

    /// Starts ncurses with the first of `options.namesToTry` that it knows.
    init(input: Int32, output: Int32, options: TerminalOptions) throws(TerminalError) {
        guard let name = options.name else { throw .terminalNotNamed }
        // The copies are closed on `exec`: child processes must not keep the terminal open.
        let copies = [output, input].map { fcntl($0, F_DUPFD_CLOEXEC, 0) }
        let streams = [fdopen(copies[0], "w"), fdopen(copies[1], "r")].compactMap(\.self)
        guard streams.count == 2 else { throw .systemCall("fdopen", errno) }
        var started: (OpaquePointer, String)?
        for name in options.namesToTry {
            if let screen = newterm(name, streams[0], streams[1]) {
                started = (screen, name)
                break
            }
        }
        guard let (screen, terminalName) = started else {
            for stream in streams { fclose(stream) }
            throw .unknownTerminal(name)
        }
        guard cn_string_capability("cup") != nil else {
            endwin()
            delscreen(screen)
            for stream in streams { fclose(stream) }
            throw .cannotAddressCursor(name)
        }
        raw()
        noecho()
        nonl()
        tcgetattr(output, &programModes)
        let file = cn_memory_file()
        guard file >= 0, dup2(file, copies[0]) >= 0 else {
            let number = errno
            endwin()
            delscreen(screen)
            for stream in streams { fclose(stream) }
            throw .systemCall("memfd_create", number)
        }
        close(file)
        _ = fcntl(copies[0], F_SETFD, FD_CLOEXEC)
        memory = copies[0]
        self.output = output
        self.screen = screen
        self.terminalName = terminalName
        self.streams = streams
        palette = Self.startColors(options)
        typeahead(-1)  // otherwise ncurses stops painting whenever a key is waiting
        leaveok(cn_standard_screen(), false)
    }

    private static func startColors(_ options: TerminalOptions) -> Palette {
        guard options.usesColor, has_colors(), start_color() == OK else {
            return Palette(colors: 0, usesColor: false)
        }
        let palette = Palette(colors: Int(cn_color_count()), usesColor: true, theme: options.theme)
        let hasDefaults = use_default_colors() == OK
        for color in Style.Color.allCases {
            guard let foreground = palette.foreground(color) else { continue }
            cn_init_pair(Int32(color.rawValue), foreground, hasDefaults ? -1 : COLOR_BLACK)
        }
        return palette
    }

    var size: Size { Size(rows: Int(cn_rows()), columns: Int(cn_columns())) }

    func hasColor(_ color: Style.Color) -> Bool { palette.foreground(color) != nil }

    /// Shows `screen`. What does not fit into the window is cut off.
    func paint(_ screen: Screen) {
        guard screen != painted else { return }
        let window = cn_standard_screen()
        for row in 0..<min(screen.size.rows, size.rows) where !isPainted(row, of: screen) {
            write(screen.row(row), to: row)
        }
        painted = screen
        let cursor = screen.cursor.flatMap { contains($0) ? $0 : nil }
        curs_set(cursor == nil ? 0 : 1)
        wmove(window, Int32(cursor?.row ?? 0), Int32(cursor?.column ?? 0))
        wnoutrefresh(window)
        doupdate()
    }

    private func contains(_ position: Position) -> Bool {
        (0..<size.rows).contains(position.row) && (0..<size.columns).contains(position.column)
    }

    private func isPainted(_ row: Int, of screen: Screen) -> Bool {
        guard let painted, painted.size == screen.size else { return false }
        return painted.row(row) == screen.row(row)
    }

    private func write(_ cells: ArraySlice<Cell>, to row: Int) {
        var characters: [cchar_t] = []
        characters.reserveCapacity(cells.count)
        var column = 0
        for cell in cells where cell.width > 0 {
            guard column + cell.width <= size.columns else { break }
            characters.append(contentsOf: ComplexCharacter.characters(for: cell, palette: palette))
            column += cell.width
        }
        // Unlike `waddwstr` this neither wraps nor scrolls, so it can also write the window's last cell.
        wmove(cn_standard_screen(), Int32(row), 0)
        wadd_wchnstr(cn_standard_screen(), characters, Int32(characters.count))
    }

    /// Adapts to a new window size. What the window shows now is unknown.
    func resize(_ size: Size) {
        resize_term(Int32(size.rows), Int32(size.columns))
        werase(cn_standard_screen())
        painted = nil
        forgetShown()
    }

    /// Writes every cell again.
    func redraw() {
        forgetShown()
        wnoutrefresh(cn_standard_screen())
        doupdate()
    }

    private func forgetShown() {
        clearok(cn_physical_screen(), true)
    }

    func bell() {
        beep()
    }

    /// Returns what ncurses wrote since the last call.
    func takeOutput() -> [UInt8] {
        let count = Int(lseek(memory, 0, SEEK_CUR))
        guard count > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        let taken = pread(memory, &bytes, count, 0)
        lseek(memory, 0, SEEK_SET)
        ftruncate(memory, 0)
        return Array(bytes.prefix(max(0, taken)))
    }

    /// Sets the terminal's modes that the program needs.
    func setModes() {
        tcsetattr(output, TCSANOW, &programModes)  // TCSANOW does not wait for a terminal that accepts nothing
    }

    /// Gives the terminal back until the next `redraw` or `paint`.
    func leave() {
        endwin()
    }

    /// Ends ncurses. Call `leave` first.
    func end() {
        delscreen(screen)
        for stream in streams { fclose(stream) }
    }
}
