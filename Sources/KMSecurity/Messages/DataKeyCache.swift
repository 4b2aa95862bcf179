internal import KMJOSE

/// The content keys that still serve.
///
/// Safe across tasks: a lock is held for look-ups, never for an RSA operation.
final class DataKeyCache: Sendable {
    /// What a received content key is known by: never by trial, and by the whole of its encrypted form.
    struct Wrapped: Hashable {
        let id: CryptoKeyID
        let encryption: ContentEncryptionAlgorithm
        let encryptedKey: [UInt8]

        /// Hashes a part that differs from message key to message key.
        ///
        /// Who could choose it to collide would need valid messages to fill the cache with, whose number is bounded.
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

    /// The content key to send `messageCount` messages of `byteCount` bytes under, made by `make` where none serves.
    func sendingKey(
        _ id: CryptoKeyID,
        messageCount: Int,
        byteCount: Int,
        make: () throws -> JWEContentKey
    ) throws -> JWEContentKey {
        // What alone is past the bounds gets a key of its own, which serves nothing else.
        guard messageCount <= bounds.maximumMessageCount, byteCount <= bounds.maximumByteCount else {
            return try make()
        }
        let now = ContinuousClock.now
        let known = state.withLock { state in
            Self.use(&state.sending[id], messageCount, byteCount, now, bounds)
        }
        if let known { return known }
        let key = try make()
        // Of two that made one at the same time, the later stays; the other's has served its message.
        state.withLock { state in
            Self.letGo(&state, now, bounds)
            state.sending[id] = Entry(key: key, born: now, messageCount: messageCount, byteCount: byteCount)
        }
        return key
    }

    /// The content key that `wrapped` is known to hold.
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

    /// Remembers what `wrapped` holds.
    ///
    /// Only for a key under which a message's tag was right: nobody can fill the cache with what does not decrypt.
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

    /// How many content keys are held, for both directions.
    var entryCount: Int { state.withLock { $0.sending.count + $0.receiving.count } }

    /// Lets go of all keys past their age: of those that nobody asks for again, no look-up would.
    private static func letGo(_ state: inout State, _ now: ContinuousClock.Instant, _ bounds: DataKeyCaching) {
        // At most ten times a second, or once in the keys' age: it looks at every entry.
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

    /// The entry's key, counted as used, or nil, and the entry let go, where it is past its bounds.
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
