import ChatWire
import Foundation
import Synchronization

enum LocalTime {
    /// The C library's answer, which goes by TZ or the system's setting, also where that changes meanwhile.
    static let utcOffset: @Sendable (Timestamp) -> Int = { time in
        zone.withLock { zone in
            zone.look()
            var seconds = time_t(time.seconds)
            var local = tm()
            return localtime_r(&seconds, &local) == nil ? 0 : local.tm_gmtoff
        }
    }

    private static let zone = Mutex(ZoneFile())
}

/// The file that the C library has the time zone from. It reads that once, so a traveller's clock would stay behind.
private struct ZoneFile {
    private struct Identity: Equatable {
        var device: dev_t
        var file: ino_t
        var changed: Int
    }

    private let path: String?
    private var identity: Identity?
    private var nextLook = ContinuousClock.now

    init() {
        let zone = getenv("TZ").map { String(cString: $0) }
        let name = zone.map { $0.hasPrefix(":") ? String($0.dropFirst()) : $0 } ?? "/etc/localtime"
        path = name.hasPrefix("/") ? name : nil  // of the others only the system's own update changes the rules
        identity = path.flatMap(Self.identity)
    }

    /// Once a second, as it is asked for each message on the screen.
    mutating func look() {
        guard let path, ContinuousClock.now >= nextLook else { return }
        nextLook = .now + .seconds(1)
        guard let now = Self.identity(of: path), now != identity else { return }
        identity = now
        Self.readAgain()
    }

    private static func identity(of path: String) -> Identity? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Identity(device: status.st_dev, file: status.st_ino, changed: status.st_mtim.tv_sec)
    }

    /// The C library looks at the file only where TZ has another value than before.
    private static func readAgain() {
        let zone = getenv("TZ").map { String(cString: $0) }
        setenv("TZ", "UTC0", 1)
        tzset()
        if let zone { setenv("TZ", zone, 1) } else { unsetenv("TZ") }
        tzset()
    }
}
