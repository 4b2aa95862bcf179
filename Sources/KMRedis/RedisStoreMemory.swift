#if Redis
internal import CoreMetrics
internal import KMSecurity
internal import Logging
internal import NIOCore

/// What a guard knows about the memory of its store, to notice when the store has lost it.
final class RedisStoreMemory: Sendable {
    private struct State {
        /// The marker's value as it was seen last.
        var since: String?
        var runID: String?
        var hasWarnedAboutInformation = false
        var hasWarnedAboutDurability = false
        /// A time that Redis's clock had not passed at `readAt`, in milliseconds since 1970.
        var latest: Int64?
        var readAt = NIODeadline.now()
    }

    private enum Change {
        case none, connected, lost, restarted
    }

    private let logger: Logger?
    private let factory: any MetricsFactory
    private let state = Locked(State())

    init(_ logger: Logger?, _ factory: any MetricsFactory) {
        self.logger = logger
        self.factory = factory
    }

    /// Remembers the latest time that Redis's clock can have, in milliseconds since 1970.
    func set(latest: Int64) {
        state.withLock { ($0.latest, $0.readAt) = (latest, .now()) }
    }

    /// Whether Redis can have erased a request that it stores until `milliseconds`.
    func canHaveErased(_ milliseconds: Int64) -> Bool {
        state.withLock { state in
            guard let latest = state.latest else { return false }
            return milliseconds <= latest + (NIODeadline.now() - state.readAt).nanoseconds / 1_000_000
        }
    }

    /// Compares the marker and the run id with those that were seen last.
    func observe(since: String?, runID: String?, _ address: RedisReplayGuard.Address) {
        let change: Change = state.withLock { state in
            let (oldSince, oldRunID) = (state.since, state.runID)
            state.since = since ?? oldSince
            state.runID = runID ?? oldRunID
            guard let oldSince else { return .connected }
            if since != oldSince {
                // Without a marker, a full Redis would be reported again and again.
                if since == nil { state.since = nil }
                return .lost
            }
            return oldRunID != nil && runID != nil && runID != oldRunID ? .restarted : .none
        }
        let metadata: Logger.Metadata = ["km.store": "\(address)"]
        switch change {
        case .none: break
        case .connected: logger?.info("replay store connected", metadata: metadata)
        case .lost:
            Counter(label: "km.replay.store_losses", factory: factory).increment()
            logger?.error(
                "replay store lost its data",
                metadata: metadata.merging(
                    [
                        "km.detail":
                            "copies of requests from before are accepted once; to keep the data, set appendonly yes and appendfsync always in redis.conf"
                    ]
                ) { $1 }
            )
        case .restarted:
            logger?.warning(
                "replay store restarted",
                metadata: metadata.merging(
                    [
                        "km.detail":
                            "unless appendfsync is always, copies of the last requests before the restart are accepted once"
                    ]
                ) { $1 }
            )
        }
    }

    /// Logs once that the settings cannot be read.
    func informationIsMissing(_ address: RedisReplayGuard.Address) {
        warnOnce(
            \.hasWarnedAboutInformation,
            "replay store not checked",
            "INFO does not answer with role and maxmemory_policy, so the role and eviction could not be checked; permit "
                + "the user +info, or make sure that maxmemory-policy is noeviction",
            address
        )
    }

    /// Logs once that a restart of the store loses its keys.
    func keysAreNotDurable(_ address: RedisReplayGuard.Address) {
        warnOnce(
            \.hasWarnedAboutDurability,
            "replay store keeps its data in memory only",
            "after a restart, copies of earlier requests are accepted once; set appendonly yes and appendfsync always",
            address
        )
    }

    private func warnOnce(
        _ flag: any WritableKeyPath<State, Bool> & Sendable,
        _ message: Logger.Message,
        _ detail: String,
        _ address: RedisReplayGuard.Address
    ) {
        let isFirst = state.withLock { state in
            defer { state[keyPath: flag] = true }
            return !state[keyPath: flag]
        }
        guard isFirst else { return }
        logger?.warning(message, metadata: ["km.store": "\(address)", "km.detail": "\(detail)"])
    }
}
#endif
