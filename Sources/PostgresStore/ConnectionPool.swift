#if Cluster

import ChatServer
import Foundation
import NIOPosix
import Synchronization

/// A fixed number of threads, each of which uses one connection at a time.
///
/// A connection that broke is replaced by a new one at the next use.
final class ConnectionPool: Sendable {
    private let threads: NIOThreadPool
    private let idle = Mutex<[DatabaseConnection]>([])
    private let isEnding = Atomic(false)
    private let connect: @Sendable () throws(PostgresError) -> DatabaseConnection
    private let failures: FailureCounts

    /// - Parameter connect: Makes a connection that is ready for use. Every new connection comes from it.
    init(
        size: Int, failures: FailureCounts, connect: @escaping @Sendable () throws(PostgresError) -> DatabaseConnection
    ) {
        threads = NIOThreadPool(numberOfThreads: size)
        self.failures = failures
        self.connect = connect
        threads.start()
    }

    /// Runs `body` on a thread of the pool.
    func use<Value: Sendable>(
        _ body: @escaping @Sendable (DatabaseConnection) throws(PostgresError) -> Value
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation { continuation in
            use(body) { continuation.resume(returning: $0) }
        }
        return try result.mapError { failures.counted(StoreError($0)) }.get()
    }

    /// Does the same with a `body` that may be called twice. If its connection broke, as all have after a restart of PostgreSQL, it
    /// is called once more on a new one.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (DatabaseConnection) throws(PostgresError) -> Value
    ) async throws(StoreError) -> Value {
        try await use { [self] connection throws(PostgresError) in
            do throws(PostgresError) {
                return try body(connection)
            } catch {
                guard error.isConnectionLost else { throw error }
                idle.withLock { $0 = [] }
                return try perform(body)
            }
        }
    }

    /// Does the same as `use` without a task. `completion` is called on a thread of the pool.
    func use<Value: Sendable>(
        _ body: @escaping @Sendable (DatabaseConnection) throws(PostgresError) -> Value,
        completion: @escaping @Sendable (Result<Value, PostgresError>) -> Void
    ) {
        threads.submit { [self] state in
            switch state {
            case .active: completion(Result { () throws(PostgresError) in try perform(body) })
            case .cancelled: completion(.failure(.closed))
            }
        }
    }

    /// Stores a batch, and repeats it on new connections while nobody knows whether a part of it was stored, or the server
    /// cannot be written to for a moment. What comes behind it waits meanwhile.
    ///
    /// - Parameter limit: How long a server may be away, as during a restart or a failover, before writers are told that
    ///   it is.
    func append(
        _ batch: Batch, within limit: Duration, completion: @escaping @Sendable ([AppendOutcome]) -> Void
    ) {
        threads.submit { [self] state in
            var batch = batch
            guard state == .active else { return completion(batch.outcomes(after: .closed)) }
            let deadline = ContinuousClock.now + limit
            var pause: UInt32 = 50_000
            while true {
                let failure: PostgresError
                do throws(PostgresError) {
                    try perform { connection throws(PostgresError) in try batch.append(on: connection) }
                    return completion(batch.outcomes(after: nil))
                } catch {
                    failure = error
                }
                guard failure.isPassing || batch.isInDoubt, .now < deadline, !isEnding.load(ordering: .relaxed) else {
                    return completion(batch.outcomes(after: failure))
                }
                usleep(pause)
                pause = min(2 * pause, 1_000_000)
            }
        }
    }

    /// From now on nothing is repeated.
    func expectEnd() { isEnding.store(true, ordering: .relaxed) }

    private func perform<Value>(_ body: (DatabaseConnection) throws(PostgresError) -> Value) throws(PostgresError)
        -> Value
    {
        let kept = idle.withLock { $0.popLast() }
        let connection: DatabaseConnection = if let kept { kept } else { try connect() }
        do throws(PostgresError) {
            let value = try body(connection)
            keep(connection)
            return value
        } catch {
            // The next connection may find the server that takes writes.
            if !error.isConnectionLost && !error.isReadOnly { keep(connection) }
            throw error
        }
    }

    private func keep(_ connection: DatabaseConnection) {
        if connection.isUsable { idle.withLock { $0.append(connection) } }
    }

    func close() async {
        try? await threads.shutdownGracefully()
        idle.withLock { $0 = [] }
    }
}

#endif
