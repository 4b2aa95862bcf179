public import Foundation
internal import KMPrimitives
public import KMWire

/// How often a process used a crypto key in one direction with one peer.
public struct KeyUse: Sendable, Hashable {
    /// What the process did with the key.
    public enum Direction: String, Sendable, CaseIterable {
        /// It sealed or named the key in a request.
        case sealedRequest = "sealed-request"
        /// It opened a request that named the key.
        case openedRequest = "opened-request"
        /// It sealed an answer.
        case sealedResponse = "sealed-response"
        /// It opened an answer.
        case openedResponse = "opened-response"
    }

    /// The key.
    public let keyID: CryptoKeyID
    /// What the process did with the key.
    public let direction: Direction
    /// The peer: the name of a server's credential, `platform` for a provider's client, and `provider` for a platform's
    /// client; `other` for all peers beyond ``KeyCensus/maximumUseCount``.
    public let peer: String
    /// The number of messages that were sealed, or opened.
    public internal(set) var acceptedCount: Int
    /// The number of messages of authenticated senders that could not be opened.
    ///
    /// The sender still uses the key, so these are uses too.
    public internal(set) var rejectedCount: Int
    /// The time of the first use.
    public internal(set) var firstUse: Date
    /// The time of the last use.
    public internal(set) var lastUse: Date
}

/// Counts how often a process uses each crypto key: by direction, peer and result, with the first and the last use.
///
/// A ``FileKeyring`` that has the name of its node keeps one, and writes it beside the keyring file, where
/// `kmsec keyring census` reads it. Clients and servers find it through ``KeyringSource/census``.
public final class KeyCensus: Sendable {
    /// What is counted apart.
    struct Place: Hashable {
        let keyID: CryptoKeyID
        let direction: KeyUse.Direction
        let peer: String
    }

    /// The largest number of uses that are counted apart.
    ///
    /// Beyond it, a new peer is counted as `other`, so that a flood of names does not fill the memory.
    public static let maximumUseCount = 4096
    /// The largest size of a peer's name, in bytes; the rest of a longer name is cut off.
    static let maximumPeerByteCount = 128

    private struct Shard {
        var uses: [Place: KeyUse] = [:]
        /// Called for each use after the end, of which the census file says that there are none.
        var afterEnd: (@Sendable () -> Void)?
    }

    /// Tasks on different threads count in different shards, so that they do not wait for each other.
    private let shards = Sharded { Shard() }
    private let earlier: [Place: KeyUse]
    private let clock: WallClock

    /// Creates a census that continues an earlier one.
    package init(continuing uses: [KeyUse] = [], clock: @escaping WallClock = { Date() }) {
        earlier = Dictionary(
            uses.map { (Place(keyID: $0.keyID, direction: $0.direction, peer: $0.peer), $0) },
            uniquingKeysWith: { first, _ in first }
        )
        self.clock = clock
    }

    /// Counts a use.
    package func record(
        _ direction: KeyUse.Direction,
        _ keyID: CryptoKeyID,
        peer: String,
        isAccepted: Bool = true
    ) {
        let date = clock()
        let place = Place(keyID: keyID, direction: direction, peer: peer)
        let afterEnd = shards.withOwn { shard in
            if shard.uses[place]?.add(date, isAccepted) == nil { Self.add(place, date, isAccepted, to: &shard.uses) }
            return shard.afterEnd
        }
        afterEnd?()
    }

    /// Counts the first use of a place in a shard.
    private static func add(_ place: Place, _ date: Date, _ isAccepted: Bool, to uses: inout [Place: KeyUse]) {
        var place = place
        if uses.count >= maximumUseCount / CurrentThread.slotCount {
            place = Place(keyID: place.keyID, direction: place.direction, peer: "other")
        } else if place.peer.utf8.count > maximumPeerByteCount {
            let peer = String(decoding: place.peer.utf8.prefix(maximumPeerByteCount), as: UTF8.self)
            place = Place(keyID: place.keyID, direction: place.direction, peer: peer)
        }
        let new = KeyUse(
            keyID: place.keyID,
            direction: place.direction,
            peer: place.peer,
            acceptedCount: 0,
            rejectedCount: 0,
            firstUse: date,
            lastUse: date
        )
        uses[place, default: new].add(date, isAccepted)
    }

    /// All uses so far, in a fixed order.
    public var uses: [KeyUse] {
        var all = earlier
        shards.forEach { all.merge($0.uses) { $0.merged($1) } }
        return Self.bounded(Array(all.values)).sorted {
            ($0.keyID.text, $0.direction.rawValue, $0.peer) < ($1.keyID.text, $1.direction.rawValue, $1.peer)
        }
    }

    /// Adds the uses of the peers that were seen longest ago to those of `other`, if there are too many.
    private static func bounded(_ uses: [KeyUse]) -> [KeyUse] {
        guard uses.count > maximumUseCount else { return uses }
        let sorted = uses.sorted { $0.lastUse > $1.lastUse }
        var others: [Place: KeyUse] = [:]
        for use in sorted[maximumUseCount...] {
            let place = Place(keyID: use.keyID, direction: use.direction, peer: "other")
            others[place] = others[place]?.merged(use) ?? use.renamed("other")
        }
        return sorted.prefix(maximumUseCount).filter {
            let place = Place(keyID: $0.keyID, direction: $0.direction, peer: $0.peer)
            guard let other = others[place] else { return true }
            others[place] = other.merged($0)
            return false
        } + others.values
    }

    /// Sets what each use calls from now on; nil for nothing.
    func setAfterEnd(_ report: (@Sendable () -> Void)?) {
        shards.forEach { $0.afterEnd = report }
    }
}

extension KeyUse {
    fileprivate mutating func add(_ date: Date, _ isAccepted: Bool) {
        if isAccepted { acceptedCount += 1 } else { rejectedCount += 1 }
        firstUse = min(firstUse, date)
        lastUse = max(lastUse, date)
    }

    fileprivate func renamed(_ peer: String) -> KeyUse {
        KeyUse(
            keyID: keyID,
            direction: direction,
            peer: peer,
            acceptedCount: acceptedCount,
            rejectedCount: rejectedCount,
            firstUse: firstUse,
            lastUse: lastUse
        )
    }

    /// Returns the sum of two counts; the key, the direction and the peer are this one's.
    func merged(_ other: KeyUse) -> KeyUse {
        var sum = self
        // A census file holds no larger numbers.
        sum.acceptedCount = min(sum.acceptedCount + other.acceptedCount, 1 << 53)
        sum.rejectedCount = min(sum.rejectedCount + other.rejectedCount, 1 << 53)
        sum.firstUse = min(firstUse, other.firstUse)
        sum.lastUse = max(lastUse, other.lastUse)
        return sum
    }
}
