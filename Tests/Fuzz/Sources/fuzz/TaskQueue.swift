import NIOEmbedded

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Runs all of the program's tasks on the fuzzer's own thread, when told to. An embedded channel must not be used on
/// another thread, and an input must have the same effect every time.
///
/// It replaces the runtime's thread pool, with the runtime's hook for that.
final class TaskQueue: TaskExecutor {
    static let shared = TaskQueue()

    private typealias Original = @convention(thin) (UnownedJob) -> Void
    private typealias Hook = @convention(thin) (UnownedJob, Original) -> Void

    /// Only the fuzzer's thread uses it.
    nonisolated(unsafe) private var jobs: [UnownedJob] = []

    private init() {
        guard let symbol = dlsym(dlopen(nil, RTLD_LAZY), "swift_task_enqueueGlobal_hook") else {
            fatalError("the runtime has no hook for its thread pool")
        }
        let hook: Hook = { job, _ in TaskQueue.shared.jobs.append(job) }
        symbol.assumingMemoryBound(to: Hook?.self).pointee = hook
    }

    func enqueue(_ job: consuming ExecutorJob) { jobs.append(UnownedJob(job)) }

    /// Runs the tasks and the loop until neither has anything left to do.
    func run(with loop: EmbeddedEventLoop) {
        loop.run()
        while !jobs.isEmpty {
            let due = jobs
            jobs = []
            for job in due { job.runSynchronously(on: asUnownedTaskExecutor()) }
            loop.run()
        }
    }
}
