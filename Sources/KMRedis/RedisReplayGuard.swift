#if Redis
package import CoreMetrics
internal import Foundation
public import KMSecurity
public import Logging
internal import NIOCore
public import ServiceLifecycle

/// A replay guard on Redis 7 or Valkey, which any number of servers share.
///
/// Each claim is one atomic `SET key 1 NX PXAT time`, so exactly one of many copies is accepted, on whichever servers
/// they arrive. Claims of many tasks travel together on a few connections. A claim that Redis does not answer in time is
/// an error, and the server rejects the request.
///
/// Run the guard as a service of swift-service-lifecycle, or call ``run()`` in a task. A guard that does not run connects
/// with the first claim; call ``close()`` when you no longer need it.
///
/// ## The server
///
/// The guard needs one primary. It does not support Redis Cluster and does not ask Sentinel for the primary, so give it
/// an address that always leads to the primary. It rejects a replica.
///
/// Redis must not forget requests:
///
/// - Set `maxmemory-policy noeviction` if `maxmemory` is set. With any other policy, Redis erases requests when its memory
///   is full, and the guard rejects every claim.
/// - Set `appendonly yes` and `appendfsync always`. Otherwise Redis forgets requests when it restarts, and copies of them
///   can pass once. A failover to a replica can lose the last requests too. The guard logs an error and counts
///   `km.replay.store_losses` if Redis has lost its data, and a warning if it restarted.
/// - Synchronize the clocks of all servers. The guard compares the clock of Redis with its own every 10 s, and rejects
///   claims while they differ by more than ``Configuration/expiryMargin``.
///
/// A request takes about 200 bytes of Redis's memory with the default prefix.
///
/// ## Privileges
///
/// This ACL line permits what the guard needs, for the prefix `km:`. Add `+select` if you set
/// ``Configuration/database``. Without `+info` the guard works, but it cannot check eviction and the role.
///
/// ```
/// user km-replay on >PASSWORD resetkeys ~km:* resetchannels -@all +set +get +time +info +hincrby +hgetall +hdel +pexpireat
/// ```
///
/// ## Limits of callers
///
/// The guard counts what each caller keeps, on all servers together. The servers exchange their counts about ten times a
/// second, so a caller can pass ``Configuration/capacityPerCaller`` by what it sends to the other servers between two
/// exchanges. Requests whose claim timed out count too, because Redis may have stored them.
public final class RedisReplayGuard: ReplayGuard {
    private let configuration: Configuration
    private let pool: RedisPool
    private let quota: SharedReplayQuota
    private let exchange: RedisQuotaExchange
    private let claimPrefix: String

    /// Creates a guard, which does not connect yet.
    ///
    /// - Parameters:
    ///   - configuration: The address, the credentials and the limits.
    ///   - logger: The logger that receives changes of the store's state: faults at error level and their ends at notice
    ///     level. It receives no line for a single request.
    /// - Throws: ``KMError`` `configurationInvalid` if an option is outside its range.
    public convenience init(_ configuration: Configuration, logger: Logger? = nil) throws {
        try self.init(configuration, logger, MetricsSystem.factory)
    }

    /// Creates a guard with a metrics factory and with another time between two checks of Redis, for tests.
    package init(
        _ configuration: Configuration,
        _ logger: Logger?,
        _ factory: any MetricsFactory,
        checkInterval: Duration = .seconds(10)
    ) throws {
        try configuration.check()
        self.configuration = configuration
        let health = RedisHealth(configuration.address, logger)
        pool = RedisPool(configuration, health, RedisStoreMemory(logger, factory), checkInterval)
        quota = SharedReplayQuota(limit: configuration.capacityPerCaller)
        exchange = RedisQuotaExchange(quota, pool, logger)
        claimPrefix = RedisCommand.claimPrefix(configuration.prefix)
    }

    deinit { pool.shutDown() }

    /// Remembers a request, unless Redis knows its key already.
    ///
    /// The first claim connects, if ``run()`` was not called before. A claim waits for a connection and for the answer, at
    /// most ``Configuration/timeout`` in all. It is rejected at once while Redis is known to be unreachable. Cancelling
    /// the task does not end the wait.
    ///
    /// - Parameter request: The request to remember.
    /// - Returns: The answer. It is ``ReplayClaim/forgotten`` if the request expires so early that Redis can have erased
    ///   it.
    /// - Throws: ``KMError`` `replayStoreUnavailable` if Redis does not answer or must not be used, if too many claims
    ///   wait, or after ``close()``; `replayGuardFull` if Redis has no memory for another request.
    public func claim(_ request: ReplayClaimRequest) async throws -> ReplayClaim {
        start()
        do {
            try pool.enter()
        } catch {
            throw failed(error)
        }
        defer { pool.leave() }
        guard let reservation = quota.reserve(request) else {
            return .callerFull(limit: configuration.capacityPerCaller)
        }
        let expiry = request.expiry.milliseconds + configuration.expiryMargin.milliseconds
        let deadline = NIODeadline.now() + configuration.timeout.timeAmount
        let outcome = await pool.send(deadline) { [claimPrefix] buffer in
            RedisCommand.writeClaim(request.key, claimPrefix, until: expiry, to: &buffer)
        }
        switch outcome {
        case .answered(.simple("OK")):
            pool.health.succeeded(isClaim: true)
            // Redis does not keep a request whose time is over, so it could not detect a copy.
            guard !pool.memory.canHaveErased(expiry) else {
                quota.cancel(reservation)
                return .forgotten
            }
            quota.confirm(reservation)
            return .first
        case .answered(.null):
            pool.health.succeeded(isClaim: true)
            quota.cancel(reservation)
            return .replayed
        case .answered(let answer):
            quota.cancel(reservation)
            throw rejected(answer)
        case .unsent(let error):
            quota.cancel(reservation)
            throw failed(error)
        case .unknown(let error):
            // Redis may have stored the request.
            quota.confirm(reservation)
            throw failed(error)
        }
    }

    private func start() { pool.start { [exchange] in await exchange.run() } }

    private func failed(_ error: any Error, needsClaim: Bool = false) -> any Error {
        if let error = error as? KMError { pool.health.failed(error, needsClaim: needsClaim, isClaim: true) }
        return error
    }

    /// The error for an answer that is neither yes nor no.
    private func rejected(_ answer: RESPValue) -> any Error {
        guard let kind = answer.errorKind else {
            let error = KMError.unavailable(
                configuration.address,
                "gave an unexpected answer to SET; check what listens there"
            )
            pool.reject(error)
            return failed(error)
        }
        let error = KMError.answered(kind, configuration.address)
        // Connect again, because the address may lead to another server now, or the user may have other privileges.
        if ["READONLY", "NOAUTH"].contains(kind) { pool.reject(error) }
        return failed(error, needsClaim: true)
    }

    /// Rejects further claims, waits for the answers to the others, and closes the connections.
    ///
    /// It waits at most ``Configuration/timeout``. The guard cannot be used again.
    public func close() async {
        await pool.close()
    }
}

extension RedisReplayGuard: Service {
    /// Connects, and keeps the guard connected until the service is shut down or the task is cancelled.
    ///
    /// Then it closes the guard, as ``close()`` does.
    public func run() async {
        start()
        try? await gracefulShutdown()
        await close()
    }
}

extension RedisReplayGuard: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The address and the prefix, without the password.
    public var description: String { "RedisReplayGuard(\(configuration.address), prefix \(configuration.prefix))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
#endif
