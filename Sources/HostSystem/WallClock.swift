import Foundation

/// The system's clock. It may be set at any time.
public enum WallClock {
    /// Microseconds since 1970-01-01T00:00:00Z, without leap seconds.
    public static var microseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
