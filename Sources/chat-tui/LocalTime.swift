import ChatWire
import Foundation
import Synchronization

enum LocalTime {
    /// The offset of local time from UTC, in seconds, from the C library. It follows `TZ` or the system's setting, even
    /// if that changes.
    static let utcOffset: @Sendable (Timestamp) -> Int = { time in
        lookAgain()
        var seconds = time_t(time.seconds)
        var local = tm()
        return localtime_r(&seconds, &local) == nil ? 0 : local.tm_gmtoff
    }

    private static let nextLook = Mutex(ContinuousClock.now)

    /// Reads the system's time zone again, at most once a second. `localtime_r` reads it only once, so a traveller's
    /// clock would stay wrong; `tzset` reads it again if `TZ` is not set and the file has changed. Each message on the
    /// screen asks for the offset, hence the limit.
    private static func lookAgain() {
        nextLook.withLock { next in
            guard ContinuousClock.now >= next else { return }
            next = .now + .seconds(1)
            tzset()
        }
    }
}
