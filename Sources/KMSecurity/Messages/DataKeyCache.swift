internal import KMJOSE

/// The content encryption keys (CEKs) that may still be used.
///
/// Several tasks can use it at the same time. It holds a lock during a look-up, never during an RSA operation.
final class DataKeyCache: Sendable {
    /// The identity of a received CEK, which includes the complete encrypted key.
    ///
    /// A CEK is found by its identity; keys are never tried one after another.
    struct Wrapped: Hashable {
        let id: CryptoKeyID
        let encryption: ContentEncryptionAlgorithm
        let encryptedKey: [UInt8]

        /// Hashes the last 8 bytes of the encrypted key, which differ from one CEK to another.
        ///
        /// To fill the cache with collisions, an attacker would need valid messages, and the size of the cache is
        /// bounded.
        func hash(into hasher: inout Hasher) {
            hasher.combine(encryptedKey.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
    }

    private struct Entry {
        let key: JWEContentKey
        let born: ContinuousClock.Instant
        var messageCount = 0
        var byteCount = 0
        var lastUse = 0
    }

    private struct State {
        var sending: [CryptoKeyID: Entry] = [:]
        var receiving: [Wrapped: Entry] = [:]
        var uses = 0
        var lastSweep: ContinuousClock.Instant?
    }

    let bounds: DataKeyCaching
    private let state = Locked(State())

    init(_ bounds: DataKeyCaching) {
        self.bounds = bounds
    }

    /// Returns a CEK for `messageCount` messages of `byteCount` bytes in all to send, and counts them.
    ///
    /// It calls `make` if no CEK in the cache can be used.
    func sendingKey(
        _ id: CryptoKeyID,
        messageCount: Int,
        byteCount: Int,
        make: () throws -> JWEContentKey
    ) throws -> JWEContentKey {
        // Messages that exceed the bounds by themselves get their own CEK, which is not cached.
        guard messageCount <= bounds.maximumMessageCount, byteCount <= bounds.maximumByteCount else {
            return try make()
        }
        let now = ContinuousClock.now
        let known = state.withLock { state in
            Self.use(&state.sending[id], messageCount, byteCount, now, bounds)
        }
        if let known { return known }
        let key = try make()
        // If two tasks made a CEK at the same time, the later one stays. The other one is used for its message only.
        state.withLock { state in
            Self.letGo(&state, now, bounds)
            state.sending[id] = Entry(key: key, born: now, messageCount: messageCount, byteCount: byteCount)
        }
        return key
    }

    /// Returns the CEK of received messages and counts them, or nil if the cache has none that can be used.
    func receivedKey(_ wrapped: Wrapped, messageCount: Int, byteCount: Int) -> JWEContentKey? {
        let now = ContinuousClock.now
        return state.withLock { state in
            state.uses += 1
            guard let index = state.receiving.index(forKey: wrapped) else { return nil }
            var entry: Entry? = state.receiving.values[index]
            let key = Self.use(&entry, messageCount, byteCount, now, bounds)
            entry?.lastUse = state.uses
            if let entry { state.receiving.values[index] = entry } else { state.receiving.remove(at: index) }
            return key
        }
    }

    /// Adds a received CEK.
    ///
    /// Call it only after a tag was verified under the CEK. Otherwise an attacker could fill the cache with random
    /// keys.
    func remember(_ wrapped: Wrapped, _ key: JWEContentKey, messageCount: Int, byteCount: Int) {
        guard messageCount <= bounds.maximumMessageCount, byteCount <= bounds.maximumByteCount else { return }
        let now = ContinuousClock.now
        state.withLock { state in
            Self.letGo(&state, now, bounds)
            if state.receiving.count >= bounds.maximumEntryCount, state.receiving[wrapped] == nil,
                let oldest = state.receiving.min(by: { $0.value.lastUse < $1.value.lastUse })?.key
            {
                state.receiving[oldest] = nil
            }
            state.uses += 1
            state.receiving[wrapped] = Entry(
                key: key,
                born: now,
                messageCount: messageCount,
                byteCount: byteCount,
                lastUse: state.uses
            )
        }
    }

    /// The number of CEKs in the cache, for both directions.
    var entryCount: Int { state.withLock { $0.sending.count + $0.receiving.count } }

    /// Erases all CEKs past their age, including those that no look-up asks for again.
    private static func letGo(_ state: inout State, _ now: ContinuousClock.Instant, _ bounds: DataKeyCaching) {
        // This looks at every entry, so it is done at most once in 100 ms, or in the maximum age if that is shorter.
        let pause = min(.milliseconds(100), bounds.maximumAge)
        guard state.lastSweep.map({ $0.duration(to: now) >= pause }) ?? true else { return }
        state.lastSweep = now
        for (id, entry) in state.sending where entry.born.duration(to: now) > bounds.maximumAge {
            state.sending[id] = nil
        }
        for (wrapped, entry) in state.receiving where entry.born.duration(to: now) > bounds.maximumAge {
            state.receiving[wrapped] = nil
        }
    }

    /// Counts a use of an entry and returns its CEK; if the entry is past its bounds, erases it and returns nil.
    private static func use(
        _ entry: inout Entry?,
        _ messageCount: Int,
        _ byteCount: Int,
        _ now: ContinuousClock.Instant,
        _ bounds: DataKeyCaching
    ) -> JWEContentKey? {
        guard var used = entry else { return nil }
        used.messageCount += messageCount
        used.byteCount += byteCount
        guard used.messageCount <= bounds.maximumMessageCount, used.byteCount <= bounds.maximumByteCount,
            used.born.duration(to: now) <= bounds.maximumAge
        else {
            entry = nil
            return nil
        }
        entry = used
        return used.key
    }
}
