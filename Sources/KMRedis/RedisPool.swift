#if Redis
internal import KMSecurity
internal import NIOCore
internal import NIOPosix

/// The connections of a guard, which are opened again when they close.
final class RedisPool: Sendable {
    /// The place of one connection.
    private struct Slot {
        var connection: RedisConnection?
        /// The fault of the last attempt; nil if there was no attempt since the connection was closed.
        var fault: KMError?
    }

    private struct State {
        var isStarted = false
        var isClosed = false
        var slots: [Slot]
        /// The connections of the slots.
        var ready: [RedisConnection] = []
        var next = 0
        var claimCount = 0
        /// Claims that wait for the first connection.
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var waiterNumber: UInt64 = 0
        var tasks: [Task<Void, Never>] = []
    }

    private enum Choice {
        case connections([RedisConnection], first: Int)
        case wait
        case fault(KMError)
    }

    let configuration: RedisReplayGuard.Configuration
    let health: RedisHealth
    let memory: RedisStoreMemory
    private let checkInterval: Duration
    private let state: Locked<State>

    init(
        _ configuration: RedisReplayGuard.Configuration,
        _ health: RedisHealth,
        _ memory: RedisStoreMemory,
        _ checkInterval: Duration
    ) {
        self.checkInterval = checkInterval
        self.configuration = configuration
        self.health = health
        self.memory = memory
        state = Locked(State(slots: Array(repeating: Slot(), count: configuration.connectionCount)))
    }

    private var closedError: KMError {
        .unavailable(configuration.address, "is not used: this guard is closed")
    }

    // MARK: - Life

    /// Starts to connect, and runs `work` until the pool is closed; does nothing the second time.
    func start(_ work: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            guard !state.isStarted, !state.isClosed else { return }
            state.isStarted = true
            state.tasks = state.slots.indices.map { index in Task { await self.keepConnected(index) } }
            state.tasks.append(Task { await self.keepChecking() })
            state.tasks.append(Task { await work() })
        }
    }

    /// Rejects new claims, and waits at most the timeout for the answers to the others.
    func close() async {
        state.withLock { $0.isClosed = true }
        let end = NIODeadline.now() + configuration.timeout.timeAmount
        // A task of its own, so that cancellation does not end the wait.
        await Task {
            while state.withLock(\.claimCount) > 0, NIODeadline.now() < end {
                try? await Task.sleep(for: .milliseconds(5))
            }
        }.value
        shutDown()
    }

    /// Closes all connections.
    func shutDown() {
        let (connections, tasks) = state.withLock { state in
            state.isClosed = true
            defer { (state.ready, state.tasks) = ([], []) }
            return (state.ready, state.tasks)
        }
        for task in tasks { task.cancel() }
        for connection in connections { connection.close(closedError) }
        wakeWaiters()
    }

    // MARK: - Claims

    /// Counts a claim.
    ///
    /// - Throws: ``KMError`` `replayStoreUnavailable` if too many claims wait for an answer, or the pool is closed.
    func enter() throws {
        let error: KMError? = state.withLock { state in
            guard !state.isClosed else { return closedError }
            guard state.claimCount < configuration.maximumClaimCount else {
                return .unavailable(
                    configuration.address,
                    "has not answered \(counted(state.claimCount, "claim")) yet, the most at a time (maximumClaimCount)"
                )
            }
            state.claimCount += 1
            return nil
        }
        if let error { throw error }
    }

    /// Ends a claim.
    func leave() { state.withLock { $0.claimCount -= 1 } }

    /// Sends a command on one of the connections and waits for its answer, at most until the deadline.
    func send(_ deadline: NIODeadline, _ write: (inout ByteBuffer) -> Void) async -> RedisOutcome {
        while true {
            switch choose() {
            case .fault(let fault): return .unsent(fault)
            case .connections(let connections, let first):
                for offset in connections.indices {
                    let connection = connections[(first + offset) % connections.count]
                    if let outcome = await connection.send(deadline, write) { return outcome }
                }
                return .unsent(.unavailable(configuration.address, "does not answer at the moment"))
            case .wait:
                guard NIODeadline.now() < deadline else {
                    let seconds = configuration.timeout.seconds
                    return .unsent(.unavailable(configuration.address, "could not be reached within \(seconds) s"))
                }
                await waitForChange(deadline)
            }
        }
    }

    private func choose() -> Choice {
        state.withLock { state in
            if !state.ready.isEmpty {
                state.next = (state.next + 1) % state.ready.count
                return .connections(state.ready, first: state.next)
            }
            guard !state.isClosed else { return .fault(closedError) }
            // While a slot has no fault, its attempt may succeed.
            let faults = state.slots.compactMap(\.fault)
            return faults.count < state.slots.count ? .wait : .fault(faults[0])
        }
    }

    private func waitForChange(_ deadline: NIODeadline) async {
        await withCheckedContinuation { continuation in
            let number: UInt64? = state.withLock { state in
                guard state.ready.isEmpty, !state.isClosed, state.slots.contains(where: { $0.fault == nil }) else {
                    return nil
                }
                state.waiterNumber += 1
                state.waiters[state.waiterNumber] = continuation
                return state.waiterNumber
            }
            guard let number else { return continuation.resume() }
            _ = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(deadline: deadline) {
                self.state.withLock { $0.waiters.removeValue(forKey: number) }?.resume()
            }
        }
    }

    private func wakeWaiters() {
        let waiters = state.withLock { state in
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    // MARK: - Connections

    /// A connection that is open and checked, if there is one.
    var connection: RedisConnection? { state.withLock(\.ready.first) }

    /// Opens the connection of a slot, and opens it again each time it closes, until the pool is closed.
    private func keepConnected(_ index: Int) async {
        let check = RedisServerCheck(configuration: configuration, memory: memory)
        var backoff = RedisBackoff()
        while !Task.isCancelled {
            do {
                let connection = try await RedisConnection.open(configuration)
                do {
                    try await check.open(connection)
                } catch {
                    connection.close(nil)
                    throw error
                }
                guard set(connection, index) else { return connection.close(nil) }
                health.succeeded(isClaim: false)
                let opened = NIODeadline.now()
                await connection.waitUntilClosed()
                // A connection that closes at once is a fault, as one that does not open.
                let wasBrief = NIODeadline.now() < opened + .seconds(1)
                let reason = connection.closeReason ?? .unavailable(configuration.address, "closed the connection")
                set(nil, index, fault: wasBrief ? reason : nil)
                if !wasBrief {
                    backoff.reset()
                    continue
                }
            } catch {
                let fault = error as? KMError ?? .unavailable(configuration.address, "cannot be reached")
                set(nil, index, fault: fault)
                if connection == nil, !Task.isCancelled { health.failed(fault, needsClaim: false, isClaim: false) }
            }
            try? await Task.sleep(for: backoff.next())
        }
    }

    @discardableResult
    private func set(_ connection: RedisConnection?, _ index: Int, fault: KMError? = nil) -> Bool {
        let isOpen = state.withLock { state in
            state.slots[index] = Slot(connection: connection, fault: fault)
            guard !state.isClosed else { return false }
            state.ready = state.slots.compactMap(\.connection)
            return true
        }
        wakeWaiters()
        return isOpen
    }

    /// Checks the server from time to time, and closes all connections if it must not be used any more.
    private func keepChecking() async {
        let check = RedisServerCheck(configuration: configuration, memory: memory)
        while (try? await Task.sleep(for: checkInterval)) != nil {
            guard let connection else { continue }
            do {
                try await check.run(connection)
            } catch {
                // A connection that does not answer at the moment waits for late answers.
                guard connection.isUsable, let error = error as? KMError else { continue }
                reject(error)
            }
        }
    }

    /// Closes all connections, so that each is checked when it is opened again.
    func reject(_ reason: KMError) {
        for connection in state.withLock(\.ready) { connection.close(reason) }
    }
}
#endif
