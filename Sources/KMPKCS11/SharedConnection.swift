#if PKCS11
internal import Synchronization

/// A connection that the first use makes and all uses share.
///
/// If it fails, the failure is reported for a second before the next try, so that a device that is away is not asked by
/// each message.
final class SharedConnection<Value: Sendable>: Sendable {
    private struct Attempt {
        let task: Task<Value, any Error>
        let number: Int
        var failed: ContinuousClock.Instant?
    }

    private static var pauseAfterFailure: Duration { .seconds(1) }

    private let connect: @Sendable () async throws -> Value
    private let attempt = Mutex<Attempt?>(nil)

    init(_ connect: @escaping @Sendable () async throws -> Value) { self.connect = connect }

    /// Returns the connection, and makes it if there is none.
    func value() async throws -> Value {
        let (task, number) = attempt.withLock { attempt in
            if let known = attempt {
                let isOver = known.failed.map { $0.duration(to: .now) >= Self.pauseAfterFailure } ?? false
                if !isOver { return (known.task, known.number) }
            }
            let made = Attempt(task: Task { [connect] in try await connect() }, number: (attempt?.number ?? 0) + 1)
            attempt = made
            return (made.task, made.number)
        }
        do {
            return try await task.value
        } catch {
            attempt.withLock { attempt in
                if attempt?.number == number, attempt?.failed == nil { attempt?.failed = .now }
            }
            throw error
        }
    }

    /// The connection, if it was made or is being made.
    func existing() async -> Value? {
        guard let task = attempt.withLock({ $0?.task }) else { return nil }
        return try? await task.value
    }
}
#endif
