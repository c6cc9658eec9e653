import CLibrary
import HostSystem
import Synchronization

/// Restores the terminal when the program ends without `Terminal.stop()`: by `exit`, by a crash, or by any other signal
/// that ends it.
///
/// A signal handler may interrupt anything. So its data is prepared before, outside of Swift's arrays and objects, and
/// it calls only async-signal-safe functions (POSIX, 2.4.3).
enum Rescue {
    private struct State {
        var output: Int32 = -1
        var modes = termios()
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
    }

    private static let signalLimit = 65

    /// All signals that can be caught and that end a program, the real-time ones included (signal(7)). `SignalWatch`
    /// handles some of its own.
    private static let deadly: [Int32] = {
        let others = [SIGKILL, SIGSTOP, SIGTTIN, SIGTTOU, SIGCHLD, SIGURG] + SignalWatch.watched
        return (1..<Int32(signalLimit)).filter { !others.contains($0) }
    }()

    // Written before the handlers are installed. Afterwards they only read it.
    nonisolated(unsafe) private static let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    nonisolated(unsafe) private static let previous = UnsafeMutablePointer<sigaction>.allocate(capacity: signalLimit)
    private static let isArmed = Atomic(false)
    private static let isInstalled = Atomic(false)

    /// Arms the handlers: when the program ends suddenly, they write `bytes` to `output` and set `modes`.
    static func arm(output: Int32, modes: termios, bytes: [UInt8]) {
        let isFirst = !isInstalled.exchange(true, ordering: .sequentiallyConsistent)
        if isFirst {
            state.initialize(to: State())
        } else {
            isArmed.store(false, ordering: .sequentiallyConsistent)
            state.pointee.bytes?.deallocate()
        }
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
        copy.initialize(from: bytes, count: bytes.count)
        state.pointee = State(output: output, modes: modes, bytes: copy, count: bytes.count)
        isArmed.store(true, ordering: .sequentiallyConsistent)
        if isFirst { install() }
    }

    /// Call it when the terminal has been given back.
    static func disarm() {
        isArmed.store(false, ordering: .sequentiallyConsistent)
    }

    /// Call it when the terminal has been taken again.
    static func rearm() {
        isArmed.store(true, ordering: .sequentiallyConsistent)
    }

    private static func install() {
        atexit { Rescue.restore() }
        useAlternateStack()
        for signal in deadly {
            let before = previous + Int(signal)
            // The previous action is stored before the handler that reads it is installed. The C library reserves two
            // signals, for which this fails.
            guard sigaction(signal, nil, before) == 0, !before.pointee.ignores else { continue }
            var action = sigaction()
            action.__sigaction_handler.sa_sigaction = { Rescue.handle($0, $1, $2) }
            action.sa_flags = SA_SIGINFO | SA_ONSTACK
            sigaction(signal, &action, nil)
        }
    }

    /// Restores the terminal and passes the signal on to the previous handler, such as Swift's backtracer. After that
    /// returns, a crash would recur, but a signal from another process would not. So this handler itself ends the
    /// program.
    private static func handle(
        _ signal: Int32, _ info: UnsafeMutablePointer<siginfo_t>?, _ context: UnsafeMutableRawPointer?
    ) {
        restore()
        let action = previous + Int(signal)
        if action.pointee.sa_flags & SA_SIGINFO != 0 {
            action.pointee.__sigaction_handler.sa_sigaction?(signal, info, context)
        }
        CLibrary.signal(signal, SIG_DFL)
        raise(signal)  // comes when this returns: until then the signal is blocked
    }

    /// Installs a stack for handlers, because a stack that overflowed has no room for one. It is for this thread only,
    /// the main one.
    private static func useAlternateStack() {
        var current = stack_t()
        guard sigaltstack(nil, &current) == 0, current.ss_flags & Int32(SS_DISABLE) != 0 else { return }
        let size = 64 * 1024
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        var stack = stack_t(ss_sp: memory, ss_flags: 0, ss_size: size)
        sigaltstack(&stack, nil)
    }

    /// Runs only once, even if several ends come together.
    private static func restore() {
        guard isArmed.exchange(false, ordering: .sequentiallyConsistent) else { return }
        let output = state.pointee.output
        // A background job must not write to the terminal that another job has.
        let foreground = tcgetpgrp(output)
        guard foreground <= 0 || foreground == getpgrp() else { return }
        var offset = 0
        while offset < state.pointee.count, let bytes = state.pointee.bytes {
            // A terminal that accepts nothing must not keep the program from ending.
            var entry = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
            guard poll(&entry, 1, 500) > 0 else { break }
            let written = write(output, bytes + offset, state.pointee.count - offset)
            if written <= 0 { break }
            offset += written
        }
        tcsetattr(output, TCSANOW, &state.pointee.modes)
    }
}
