#if Redis
internal import KMSecurity
internal import NIOCore

/// A connection, on which many tasks send commands at the same time.
///
/// Commands that tasks send during one tick of the event loop are written together. The server answers in order, so the
/// commands that wait for an answer are a queue. A command that timed out keeps its place in the queue, so that its late
/// answer is not matched with another command.
final class RedisConnection: Sendable {
    /// A task that waits for the answer of one or several commands.
    enum Waiter: Sendable {
        case one(CheckedContinuation<RedisOutcome?, Never>)
        case several(CheckedContinuation<Result<[RESPValue], KMError>, Never>)
    }

    /// Commands in the queue, whose answers one task waits for.
    struct Pending: Sendable {
        let deadline: NIODeadline
        /// The number of answers that are missing.
        var missingCount: Int
        /// The answers so far, if there are several.
        var values: [RESPValue] = []
        /// The task; nil if it no longer waits.
        var waiter: Waiter?
    }

    struct State: Sendable {
        var channel: (any Channel)?
        var outgoing = ByteBuffer()
        var isFlushScheduled = false
        var pending = CircularBuffer<Pending>()
        /// The number of elements of `pending` whose task no longer waits.
        var expiredCount = 0
        var decoder = RESPDecoder()
        /// The earliest deadline of the commands that were added since the last flush.
        var earliestAdded: NIODeadline?
        /// The time at which `expire` runs next.
        var wakeUp: NIODeadline?
        var isClosed = false
        var closeReason: KMError?
    }

    let address: RedisReplayGuard.Address
    let timeout: Duration
    let eventLoop: any EventLoop
    let state = Locked(State())

    init(_ configuration: RedisReplayGuard.Configuration, _ eventLoop: any EventLoop) {
        address = configuration.address
        timeout = configuration.timeout
        self.eventLoop = eventLoop
    }

    /// The time after a deadline after which the connection is closed.
    ///
    /// Until then the connection waits for the late answer, and no new command is sent.
    private var stallTime: TimeAmount { (max(timeout * 3, .seconds(3)) - timeout).timeAmount }

    /// Sends one command and waits for its answer.
    ///
    /// - Returns: The outcome; nil if the connection is closed or does not answer at the moment, so that nothing was
    ///   sent.
    func send(_ deadline: NIODeadline, _ write: (inout ByteBuffer) -> Void) async -> RedisOutcome? {
        await withCheckedContinuation { continuation in
            if !enqueue(Pending(deadline: deadline, missingCount: 1, waiter: .one(continuation)), write) {
                continuation.resume(returning: nil)
            }
        }
    }

    /// Sends `count` commands and waits for all answers.
    ///
    /// - Throws: ``KMError`` `replayStoreUnavailable` if an answer is missing.
    func send(count: Int, within time: Duration? = nil, _ write: (inout ByteBuffer) -> Void) async throws
        -> [RESPValue]
    {
        let deadline = NIODeadline.now() + (time ?? timeout).timeAmount
        return try await withCheckedContinuation { continuation in
            if !enqueue(Pending(deadline: deadline, missingCount: count, waiter: .several(continuation)), write) {
                continuation.resume(returning: .failure(closeReason ?? .unavailable(address, "does not answer")))
            }
        }.get()
    }

    /// Sends commands and waits for all answers.
    ///
    /// - Throws: ``KMError`` `replayStoreUnavailable` if an answer is missing.
    func send(_ commands: [[String]], within time: Duration? = nil) async throws -> [RESPValue] {
        try await send(count: commands.count, within: time) { buffer in
            for command in commands { RedisCommand.write(command, to: &buffer) }
        }
    }

    /// Whether the connection is open, and the server has answered every command in time.
    var isUsable: Bool { state.withLock { !$0.isClosed && $0.expiredCount == 0 } }

    /// Why the connection was closed; nil if it is open, or was closed without a fault.
    var closeReason: KMError? { state.withLock(\.closeReason) }

    private func enqueue(_ pending: Pending, _ write: (inout ByteBuffer) -> Void) -> Bool {
        let accepted: (needsFlush: Bool, Bool) = state.withLock { state in
            // A server that does not answer gets no further commands, so that the queue is bounded.
            guard !state.isClosed, state.expiredCount == 0 else { return (false, false) }
            write(&state.outgoing)
            state.pending.append(pending)
            state.earliestAdded = min(state.earliestAdded ?? pending.deadline, pending.deadline)
            defer { state.isFlushScheduled = true }
            return (!state.isFlushScheduled, true)
        }
        if accepted.needsFlush { eventLoop.execute { self.flush() } }
        return accepted.1
    }

    /// Writes what tasks have sent since the last tick.
    private func flush() {
        let (channel, buffer) = state.withLock { state in
            state.isFlushScheduled = false
            guard let channel = state.channel else { return ((any Channel)?.none, ByteBuffer()) }
            defer {
                state.outgoing = channel.allocator.buffer(capacity: min(state.outgoing.readableBytes, 1 << 16))
            }
            return (channel, state.outgoing)
        }
        if let channel, buffer.readableBytes > 0 { channel.writeAndFlush(buffer, promise: nil) }
        scheduleExpiry()
    }

    /// Connects the queue with a channel, before the first command.
    func attach(_ channel: any Channel) { state.withLock { $0.channel = channel } }

    /// Closes the connection; commands that wait for an answer fail.
    ///
    /// - Parameter reason: The fault; nil if there is none.
    func close(_ reason: KMError?) {
        let (channel, failed) = state.withLock { state in
            let failed = state.isClosed ? [] : state.pending.compactMap(\.waiter)
            if !state.isClosed { state.closeReason = reason }
            state.isClosed = true
            state.pending.removeAll()
            state.expiredCount = 0
            return (state.channel, failed)
        }
        channel?.close(mode: .all, promise: nil)
        let error = reason ?? .unavailable(address, "closed the connection; it is connected again")
        for waiter in failed { waiter.fail(error) }
    }

    // MARK: - Deadlines

    /// Fails what has waited too long, and closes the connection if the server has not answered for long.
    private func expire(_ planned: NIODeadline) {
        let now = NIODeadline.now()
        let (expired, isDead) = state.withLock { state in
            // An earlier time was planned since.
            guard state.wakeUp == planned else { return ([Waiter](), false) }
            state.wakeUp = nil
            var expired: [Waiter] = []
            for index in state.pending.indices {
                guard state.pending[index].deadline <= now, let waiter = state.pending[index].waiter else {
                    continue
                }
                expired.append(waiter)
                state.pending[index].waiter = nil
                state.expiredCount += 1
            }
            return (expired, state.pending.first.map { $0.deadline + stallTime <= now } ?? false)
        }
        let error = KMError.unavailable(address, "did not answer within \(timeout.seconds) s")
        for waiter in expired { waiter.fail(error) }
        if isDead { close(.unavailable(address, "did not answer for \(max(timeout * 3, .seconds(3)).seconds) s")) }
        scheduleExpiry()
    }

    /// Makes `expire` run at the earliest deadline, on the event loop.
    private func scheduleExpiry() {
        let wakeUp: NIODeadline? = state.withLock { state in
            let added = state.earliestAdded
            state.earliestAdded = nil
            if let planned = state.wakeUp {
                guard let added, added < planned else { return nil }
                state.wakeUp = added
                return added
            }
            var earliest = state.pending.first.map { $0.deadline + stallTime }
            for pending in state.pending where pending.waiter != nil {
                earliest = min(earliest ?? pending.deadline, pending.deadline)
            }
            state.wakeUp = earliest
            return earliest
        }
        if let wakeUp { eventLoop.scheduleTask(deadline: wakeUp) { self.expire(wakeUp) } }
    }
}

extension RedisConnection.Waiter {
    /// Ends the wait without an answer.
    func fail(_ error: KMError) {
        switch self {
        case .one(let continuation): continuation.resume(returning: .unknown(error))
        case .several(let continuation): continuation.resume(returning: .failure(error))
        }
    }
}
#endif
