import ChatUI
import Dispatch
import Glibc
import Terminal
import Testing

/// A real terminal device without a window: the emulator's side, and the path for a program to open.
final class PseudoTerminal {
    let path: String
    /// The program's side. It is open here for tests that run a `Terminal` in this process.
    let device: Int32
    private let controller: Int32

    init(rows: Int = 24, columns: Int = 80) throws {
        // Swift's Glibc module has no posix_openpt, unlockpt and ptsname; these ioctls do the same (ioctl_tty(2)).
        let setLock: UInt = 0x4004_5431  // TIOCSPTLCK
        let getNumber: UInt = 0x8004_5430  // TIOCGPTN
        controller = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var unlocked: Int32 = 0
        var number: Int32 = 0
        try #require(controller >= 0 && ioctl(controller, setLock, &unlocked) == 0)
        try #require(ioctl(controller, getNumber, &number) == 0)
        path = "/dev/pts/\(number)"
        device = open(path, O_RDWR | O_NOCTTY)
        try #require(device >= 0)
        _ = fcntl(controller, F_SETFL, O_NONBLOCK)
        resize(rows: rows, columns: columns)
    }

    deinit {
        close(device)
        hangUp()
    }

    private var isHungUp = false

    /// Does what a terminal emulator does when its window is closed.
    func hangUp() {
        if !isHungUp { close(controller) }
        isHungUp = true
    }

    func resize(rows: Int, columns: Int) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(controller, UInt(TIOCSWINSZ), &size)
    }

    func type(_ text: String) {
        var bytes = Array(text.utf8)
        write(controller, &bytes, bytes.count)
    }

    /// Types more than fits at once, on a thread of its own. Wait for its end.
    func typeAll(_ text: String) -> DispatchGroup {
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) { [controller] in
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(controller, $0.baseAddress, $0.count) }
                if count > 0 { rest.removeFirst(count) } else { usleep(1000) }
            }
        }
        return group
    }

    /// The output since the last call.
    func output() -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(controller, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    /// The terminal's modes in a comparable form.
    var modes: [UInt32] {
        var modes = termios()
        tcgetattr(device, &modes)
        return [modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag]
    }

    func start(_ options: TerminalOptions = TerminalOptions(name: "xterm-256color")) throws -> Terminal {
        try Terminal(input: device, output: device, options: options)
    }
}

extension Screen {
    /// A screen with these rows of narrow text.
    init(rows: [String], size: Size = Size(rows: 24, columns: 80), style: Style = .plain) {
        self.init(size: size)
        for (row, text) in rows.enumerated() {
            for (column, character) in text.enumerated() {
                self[row, column] = Cell(text: String(character), width: 1, style: style)
            }
        }
    }
}

/// Starts a program in this process group.
func spawn(_ words: [String]) -> pid_t {
    var process: pid_t = 0
    // The threads that run tests block signals, and a child would inherit that.
    var attributes = posix_spawnattr_t()
    var none = sigset_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    return posix_spawn(&process, words[0], nil, &attributes, &arguments, environ) == 0 ? process : -1
}
