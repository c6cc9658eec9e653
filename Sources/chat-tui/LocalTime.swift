import ChatWire
import Foundation
import Synchronization

enum LocalTime {
    /// The C library's answer, which goes by TZ or the system's setting, also where that changes meanwhile.
    static let utcOffset: @Sendable (Timestamp) -> Int = { time in
        lookAgain()
        var seconds = time_t(time.seconds)
        var local = tm()
        return localtime_r(&seconds, &local) == nil ? 0 : local.tm_gmtoff
    }

    private static let nextLook = Mutex(ContinuousClock.now)

    /// `localtime_r` reads the system's setting once, so a traveller's clock would stay behind; `tzset` reads it again where
    /// the file is another one, if TZ is not set. Once a second, as each message on the screen asks.
    private static func lookAgain() {
        nextLook.withLock { next in
            guard ContinuousClock.now >= next else { return }
            next = .now + .seconds(1)
            tzset()
        }
    }
}
