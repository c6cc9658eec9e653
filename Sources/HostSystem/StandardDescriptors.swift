import Foundation

/// Standard input, output and error.
public enum StandardDescriptors {
    /// Gives those that are closed something to refer to, so that no file or socket that is opened later takes the number
    /// and gets what was meant for a reader. To be called before anything is opened.
    ///
    /// They are opened the wrong way round: reading and writing fail as they do on a closed descriptor.
    public static func secure() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is taken, which is this one.
            let flags = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY
            if open("/dev/null", flags) != descriptor { _exit(71) }  // EX_OSERR
        }
    }

    /// Why nothing can be written to standard output, where that is known before: the system's error.
    public static var outputProblem: Int32? {
        let flags = fcntl(STDOUT_FILENO, F_GETFL)
        if flags < 0 { return errno }
        return flags & O_ACCMODE == O_RDONLY ? EBADF : nil
    }

    /// Writes all of it.
    /// - Returns: the system's error.
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
