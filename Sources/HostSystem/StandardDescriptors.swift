import Foundation

/// Standard input, output and error.
public enum StandardDescriptors {
    /// Opens `/dev/null` for those that are closed. Otherwise a file or socket that is opened later gets the number,
    /// and text for a reader would be written into it. It must be called before anything is opened.
    ///
    /// They are opened in the wrong direction, so that reading and writing fail as on a closed descriptor.
    public static func secure() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            // open(2) takes the lowest free number, which is this one.
            let flags = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY
            if open("/dev/null", flags) != descriptor { _exit(71) }  // EX_OSERR
        }
    }

    /// The error of writing to standard output, if it is known before; nil otherwise.
    public static var outputProblem: Int32? {
        let flags = fcntl(STDOUT_FILENO, F_GETFL)
        if flags < 0 { return errno }
        return flags & O_ACCMODE == O_RDONLY ? EBADF : nil
    }

    /// Writes the whole text, and waits if the descriptor is not ready.
    /// - Returns: the system's error, or nil.
    public static func write(_ text: String, to descriptor: Int32 = STDOUT_FILENO) -> Int32? {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var descriptor = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&descriptor, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}
