internal import KMJOSE
internal import KMPrimitives

/// The content encryption keys (CEKs) that may still be used.
///
/// Several tasks can use it at the same time. Each thread works with an allowance of messages and bytes under a CEK,
/// which it takes from the CEK's bounds now and then. So two threads that use the same CEK rarely wait for each other,
/// and the bounds hold for all of them together.
final class DataKeyCache: Sendable {
    /// The identity of a received CEK.
    struct Identity {
        /// The number of the RSA key in the keyring.
        let keyNumber: Int
        let encryption: ContentEncryptionAlgorithm
        /// A message under the CEK, which contains the complete encrypted CEK.
        let message: JWECompact

        /// The number under which the CEK is found.
        ///
        /// It consists of characters near the end of the encrypted key, which differ from one CEK to another. Two CEKs
        /// with the same number replace each other; a CEK is used only if its complete encrypted key is equal.
        var number: UInt64? {
            let place = message.places.encryptedKey
            guard place.count >= 24 else { return nil }
            let text = message.text.span
            return text.word(at: place.upperBound - 10) &* 0x9E37_79B9_7F4A_7C15 ^ text.word(at: place.upperBound - 18)
        }

        /// Returns whether a CEK of the cache is this one.
        fileprivate func matches(_ key: JWEContentKey, _ number: Int) -> Bool {
            let encryptedKey = key.encodedEncryptedKey
            return number == keyNumber && key.encryption == encryption
                && encryptedKey.span.isEqual(to: message.text.span.extracting(message.places.encryptedKey))
        }
    }

    /// What some threads may still do with a CEK.
    ///
    /// The lock of the ``Allowances`` that contain it protects it.
    private final class Allowance {
        let origin: JWEContentKey
        /// A copy of the CEK for these threads.
        let key: JWEContentKey
        let keyNumber: Int
        let born: ContinuousClock.Instant
        var messageCount: Int
        var byteCount: Int
        var lastUse: ContinuousClock.Instant

        init(_ entry: Entry, _ key: JWEContentKey, _ messageCount: Int, _ byteCount: Int) {
            origin = entry.key
            self.key = key
            keyNumber = entry.keyNumber
            born = entry.born
            lastUse = entry.lastUse
            self.messageCount = messageCount
            self.byteCount = byteCount
        }

        /// Counts a use, and returns whether it was allowed.
        func use(_ messages: Int, _ bytes: Int, _ now: ContinuousClock.Instant) -> Bool {
            guard messages <= messageCount, bytes <= byteCount else { return false }
            messageCount -= messages
            byteCount -= bytes
            lastUse = now
            return true
        }
    }

    /// A CEK, and what is left of its bounds for further allowances.
    private struct Entry {
        let key: JWEContentKey
        let keyNumber: Int
        let born: ContinuousClock.Instant
        var messageCount: Int
        var byteCount: Int
        var lastUse: ContinuousClock.Instant

        init(_ key: JWEContentKey, _ keyNumber: Int, _ now: ContinuousClock.Instant, _ bounds: DataKeyCaching) {
            self.key = key
            self.keyNumber = keyNumber
            born = now
            messageCount = bounds.maximumMessageCount
            byteCount = bounds.maximumByteCount
            lastUse = now
        }

        /// Takes an allowance that is large enough for a use, or nil if too little is left.
        ///
        /// - Parameters:
        ///   - old: The last allowance of these threads, whose copy of the CEK is used again if it is the same.
        ///   - messages: The messages of the use.
        ///   - bytes: Their bytes.
        ///   - now: The time.
        ///   - bounds: The bounds of the cache.
        /// - Returns: The allowance, from which the use is not subtracted.
        mutating func allowance(
            after old: Allowance?,
            _ messages: Int,
            _ bytes: Int,
            _ now: ContinuousClock.Instant,
            _ bounds: DataKeyCaching
        ) -> Allowance? {
            guard messages <= messageCount, bytes <= byteCount,
                let own = old?.origin === key ? old?.key : try? key.copy()
            else { return nil }
            let taken = (
                messages: min(messageCount, max(messages, min(64, bounds.maximumMessageCount >> 6), 1)),
                bytes: min(byteCount, max(bytes, min(1 << 20, bounds.maximumByteCount >> 8)))
            )
            messageCount -= taken.messages
            byteCount -= taken.bytes
            lastUse = now
            return Allowance(self, own, taken.messages, taken.bytes)
        }
    }

    /// All CEKs.
    private struct State {
        var sending: [Int: Entry] = [:]
        var receiving: [UInt64: Entry] = [:]
        var lastSweep: ContinuousClock.Instant?

        /// Returns what is left of allowances to their CEKs.
        mutating func giveBack(_ removed: [UInt64: Allowance]?) {
            for (number, allowance) in removed ?? [:] {
                guard var entry = receiving[number], entry.key === allowance.origin else { continue }
                entry.messageCount += allowance.messageCount
                entry.byteCount += allowance.byteCount
                entry.lastUse = max(entry.lastUse, allowance.lastUse)
                receiving[number] = entry
            }
        }
    }

    /// The allowances of some threads.
    private struct Allowances {
        var sending: [Int: Allowance] = [:]
        var receiving: [UInt64: Allowance] = [:]
        /// The last one of each that was used, which is often the next one too.
        var lastSent: Allowance?
        var lastReceived: Allowance?

        /// The largest number of received CEKs that these threads keep copies of.
        static let maximumCount = 64

        mutating func erase(_ number: UInt64) {
            if let erased = receiving.removeValue(forKey: number), erased === lastReceived { lastReceived = nil }
        }

        /// Returns the allowances for one that was not in use here, and removes them; nil if there is room.
        mutating func removedForRoom(_ number: UInt64) -> [UInt64: Allowance]? {
            guard receiving.count >= Self.maximumCount, receiving[number] == nil else { return nil }
            defer { receiving = [:] }
            return receiving
        }
    }

    let bounds: DataKeyCaching
    // Whoever needs both locks takes that of the allowances first.
    private let state = Locked(State())
    private let allowances = Sharded { Allowances() }

    init(_ bounds: DataKeyCaching) {
        self.bounds = bounds
    }

    /// Returns a CEK for `messageCount` messages of `byteCount` bytes in all to send, and counts them.
    ///
    /// It calls `make` if no CEK in the cache can be used.
    ///
    /// - Parameters:
    ///   - keyNumber: The number of the RSA key in the keyring.
    ///   - messageCount: The number of messages.
    ///   - byteCount: Their bytes.
    ///   - make: Makes a CEK.
    /// - Returns: The CEK.
    /// - Throws: The error of `make`.
    func sendingKey(
        _ keyNumber: Int,
        messageCount: Int,
        byteCount: Int,
        make: () throws -> JWEContentKey
    ) throws -> JWEContentKey {
        // Messages that exceed the bounds by themselves get their own CEK, which is not cached.
        guard fits(messageCount, byteCount) else { return try make() }
        let now = ContinuousClock.now
        let known: JWEContentKey? = allowances.withOwn { own in
            if let last = own.lastSent, last.keyNumber == keyNumber,
                isAllowed(last, messageCount, byteCount, now)
            {
                return last.key
            }
            own.lastSent = renewed(own.sending[keyNumber], messageCount, byteCount, now) { old in
                state.withLock { take(&$0.sending[keyNumber], after: old, messageCount, byteCount, now) }
            }
            own.sending[keyNumber] = own.lastSent
            return own.lastSent?.key
        }
        if let known { return known }
        let key = try make()
        // If two tasks made a CEK at the same time, the later one stays for the messages to come.
        allowances.withOwn { own in
            own.lastSent = state.withLock { state in
                let (entry, allowance) = first(key, keyNumber, messageCount, byteCount, now)
                state.sending[keyNumber] = entry
                return allowance
            }
            own.sending[keyNumber] = own.lastSent
        }
        sweep(now)
        return key
    }

    /// Returns the CEK of received messages and counts them, or nil if the cache has none that can be used.
    func receivedKey(_ identity: Identity, messageCount: Int, byteCount: Int) -> JWEContentKey? {
        guard let number = identity.number else { return nil }
        let now = ContinuousClock.now
        var isExhausted = false
        let key: JWEContentKey? = allowances.withOwn { own in
            if let last = own.lastReceived, identity.matches(last.key, last.keyNumber),
                isAllowed(last, messageCount, byteCount, now)
            {
                return last.key
            }
            let known = own.receiving[number]
            if let known, !identity.matches(known.key, known.keyNumber) { return nil }
            let removed = own.removedForRoom(number)
            own.lastReceived = renewed(known, messageCount, byteCount, now) { old in
                state.withLock { state in
                    state.giveBack(removed)
                    guard let entry = state.receiving[number], identity.matches(entry.key, entry.keyNumber) else {
                        return nil
                    }
                    let further = take(&state.receiving[number], after: old, messageCount, byteCount, now)
                    isExhausted = further == nil
                    return further
                }
            }
            own.receiving[number] = own.lastReceived
            return own.lastReceived?.key
        }
        if isExhausted { erase([number]) }
        return key
    }

    /// Adds a received CEK, and counts the messages that it was received with.
    ///
    /// Call it only after a tag was verified under the CEK. Otherwise an attacker could fill the cache with random
    /// keys.
    func remember(_ identity: Identity, _ key: JWEContentKey, messageCount: Int, byteCount: Int) {
        guard fits(messageCount, byteCount), let number = identity.number else { return }
        let now = ContinuousClock.now
        let text = Array(identity.message.text[identity.message.places.encryptedKey])
        guard let key = try? key.copy(encodedEncryptedKey: text) else { return }
        makeRoom(for: number)
        var erased: [UInt64] = []
        allowances.withOwn { own in
            let removed = own.removedForRoom(number)
            own.lastReceived = state.withLock { state in
                // Other tasks may have filled the room in between.
                while state.receiving.count >= bounds.maximumEntryCount, state.receiving[number] == nil,
                    let oldest = state.receiving.min(by: { $0.value.lastUse < $1.value.lastUse })?.key
                {
                    state.receiving[oldest] = nil
                    erased.append(oldest)
                }
                state.giveBack(removed)
                // Another task may have added the CEK in between; its bounds hold for all.
                if let known = state.receiving[number], identity.matches(known.key, known.keyNumber),
                    let further = take(&state.receiving[number], after: nil, messageCount, byteCount, now)
                {
                    _ = further.use(messageCount, byteCount, now)
                    return further
                }
                let (entry, allowance) = first(key, identity.keyNumber, messageCount, byteCount, now)
                state.receiving[number] = entry
                return allowance
            }
            own.receiving[number] = own.lastReceived
        }
        erase(erased)
        sweep(now)
    }

    /// The number of CEKs in the cache, for both directions.
    var entryCount: Int { state.withLock { $0.sending.count + $0.receiving.count } }

    /// Whether one CEK may serve so many messages and bytes.
    private func fits(_ messageCount: Int, _ byteCount: Int) -> Bool {
        messageCount <= bounds.maximumMessageCount && byteCount <= bounds.maximumByteCount
    }

    /// Returns the entry of a new CEK and a first allowance, after a use; nil for both if memory runs out.
    private func first(
        _ key: JWEContentKey,
        _ keyNumber: Int,
        _ messageCount: Int,
        _ byteCount: Int,
        _ now: ContinuousClock.Instant
    ) -> (Entry?, Allowance?) {
        var entry = Entry(key, keyNumber, now, bounds)
        guard let allowance = entry.allowance(after: nil, messageCount, byteCount, now, bounds),
            allowance.use(messageCount, byteCount, now)
        else { return (nil, nil) }
        return (entry, allowance)
    }

    /// Counts a use of an allowance, and returns whether it was allowed.
    private func isAllowed(
        _ allowance: Allowance,
        _ messageCount: Int,
        _ byteCount: Int,
        _ now: ContinuousClock.Instant
    ) -> Bool {
        allowance.born.duration(to: now) <= bounds.maximumAge && allowance.use(messageCount, byteCount, now)
    }

    /// Returns an allowance after a use, or a further one from `more`; nil if there is none.
    private func renewed(
        _ allowance: Allowance?,
        _ messageCount: Int,
        _ byteCount: Int,
        _ now: ContinuousClock.Instant,
        _ more: (Allowance?) -> Allowance?
    ) -> Allowance? {
        if let allowance, isAllowed(allowance, messageCount, byteCount, now) { return allowance }
        guard let further = more(allowance), further.use(messageCount, byteCount, now) else { return nil }
        return further
    }

    /// Takes an allowance from an entry; if the entry is past its bounds, erases it and returns nil.
    private func take(
        _ entry: inout Entry?,
        after old: Allowance?,
        _ messageCount: Int,
        _ byteCount: Int,
        _ now: ContinuousClock.Instant
    ) -> Allowance? {
        guard let born = entry?.born else { return nil }
        if born.duration(to: now) <= bounds.maximumAge,
            let allowance = entry?.allowance(after: old, messageCount, byteCount, now, bounds)
        {
            return allowance
        }
        entry = nil
        return nil
    }

    /// Erases the received CEKs that were not used for the longest time, if the cache is full.
    private func makeRoom(for number: UInt64) {
        let isFull = state.withLock {
            $0.receiving.count >= bounds.maximumEntryCount && $0.receiving[number] == nil
        }
        guard isFull else { return }
        var lastUses: [UInt64: ContinuousClock.Instant] = [:]
        allowances.forEach { own in
            for (number, allowance) in own.receiving {
                lastUses[number] = max(lastUses[number] ?? allowance.lastUse, allowance.lastUse)
            }
        }
        let erased = state.withLock { state in
            let uses = state.receiving.map { ($0.key, max($0.value.lastUse, lastUses[$0.key] ?? $0.value.lastUse)) }
            // In a large cache several at once, because to find them takes a look at every one.
            let count = max(1, bounds.maximumEntryCount / 32)
            let oldest = uses.sorted { $0.1 < $1.1 }.prefix(count).map(\.0)
            for number in oldest { state.receiving[number] = nil }
            return oldest
        }
        erase(erased)
    }

    /// Erases the allowances of CEKs that have left the cache.
    private func erase(_ numbers: [UInt64]) {
        guard !numbers.isEmpty else { return }
        allowances.forEach { own in
            for number in numbers { own.erase(number) }
        }
    }

    /// Erases all CEKs past their age, including those that no look-up asks for again.
    private func sweep(_ now: ContinuousClock.Instant) {
        let age = bounds.maximumAge
        // This looks at every entry, so it is done at most once in 100 ms, or in the maximum age if that is shorter.
        let isDue = state.withLock { state in
            let pause = min(.milliseconds(100), age)
            guard state.lastSweep.map({ $0.duration(to: now) >= pause }) ?? true else { return false }
            state.lastSweep = now
            state.sending = state.sending.filter { $0.value.born.duration(to: now) <= age }
            state.receiving = state.receiving.filter { $0.value.born.duration(to: now) <= age }
            return true
        }
        guard isDue else { return }
        allowances.forEach { own in
            own.sending = own.sending.filter { $0.value.born.duration(to: now) <= age }
            own.receiving = own.receiving.filter { $0.value.born.duration(to: now) <= age }
            (own.lastSent, own.lastReceived) = (nil, nil)
        }
    }
}
