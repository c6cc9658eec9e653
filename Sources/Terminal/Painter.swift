import CLibrary
import CNcurses
import ChatUI

/// Paints screens with ncurses, which keeps what the terminal shows and writes only the cells that changed.
///
/// ncurses neither reads nor writes here: reading is `InputSource`'s, and what it would write goes to a file in memory, for
/// `OutputQueue`, because ncurses would wait for a terminal that takes nothing. So its modes are set here as well.
final class Painter {
    let terminalName: String
    private let screen: OpaquePointer
    private let streams: [UnsafeMutablePointer<FILE>]
    private let palette: Palette
    private let output: Int32
    /// ncurses's output descriptor, a file in memory from the start on.
    private let memory: Int32
    /// Keys unprocessed.
    private var programModes = termios()
    private var painted: Screen?

    /// Starts ncurses on the first terminal of `options.namesToTry` that it knows.
    init(input: Int32, output: Int32, options: TerminalOptions) throws(TerminalError) {
        guard let name = options.name else { throw .terminalNotNamed }
        // Programs that this one starts must not keep the terminal open.
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
        typeahead(-1)  // or ncurses stops painting whenever a key waits
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

    /// Shows `screen`; what does not fit into the window is left out.
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
        // Unlike waddwstr this neither wraps nor scrolls, so the last cell of the window can be written too.
        wmove(cn_standard_screen(), Int32(row), 0)
        wadd_wchnstr(cn_standard_screen(), characters, Int32(characters.count))
    }

    /// The window has another size: what it shows now is unknown.
    func resize(_ size: Size) {
        resize_term(Int32(size.rows), Int32(size.columns))
        werase(cn_standard_screen())
        painted = nil
        forgetShown()
    }

    /// Writes every cell anew.
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

    /// What ncurses wrote since the last call.
    func takeOutput() -> [UInt8] {
        let count = Int(lseek(memory, 0, SEEK_CUR))
        guard count > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        let taken = pread(memory, &bytes, count, 0)
        lseek(memory, 0, SEEK_SET)
        ftruncate(memory, 0)
        return Array(bytes.prefix(max(0, taken)))
    }

    /// Sets the modes that the program needs.
    func setModes() {
        tcsetattr(output, TCSANOW, &programModes)  // never waits for a terminal that takes nothing
    }

    /// Gives the terminal back, until the next `redraw` or `paint` takes it.
    func leave() {
        endwin()
    }

    /// Ends ncurses, after `leave`.
    func end() {
        delscreen(screen)
        for stream in streams { fclose(stream) }
    }
}
