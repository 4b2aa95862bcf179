/// How long a content key serves, for those who opt in to a data-key cache.
///
/// Without a cache, every message has a content key of its own and costs one RSA operation at each end; with one, a
/// sender's messages share a content key for a while, each under a fresh random IV, and both ends do the RSA operation
/// once. What is given up: whoever learns one content key (from a process's memory, say) reads every message under it;
/// a peer that watches can tell which messages came from one cache; and a field without a correlation id opens in any
/// message under the same content key, in its own place. What stays: keys rest in cleansed memory, are cleansed when
/// they leave the cache, and never serve past the bounds below, the ring's use of their RSA key, or the cipher that
/// holds them. One past its age leaves when the next key comes in. A cache belongs to one cipher, and so to one key
/// ring: with a new ring it starts empty.
public struct DataKeyCaching: Sendable, Hashable {
    /// The most messages (fields, at field level) that a content key may ever serve: 2^20.
    ///
    /// With random 96-bit IVs the chance that two of so many are equal is 2^-57; SP 800-38D section 8.3 draws its line
    /// at 2^32 messages.
    public static let maximumMessageCountLimit = 1 << 20

    /// The most messages (fields, at field level) under one content key, from 1 to 2^20.
    public let maximumMessageCount: Int
    /// The most bytes of plaintext under one content key.
    public let maximumByteCount: Int
    /// The longest that a content key serves.
    public let maximumAge: Duration
    /// The most content keys that are remembered for decryption; the one used longest ago makes room.
    public let maximumEntryCount: Int

    /// 65,536 messages, 256 MiB and five minutes a key, 256 remembered.
    public static let standard = DataKeyCaching()

    /// The given bounds; each is brought into its range (at least 1, and a message count of at most 2^20, 65,536 entries).
    public init(
        maximumMessageCount: Int = 1 << 16,
        maximumByteCount: Int = 256 << 20,
        maximumAge: Duration = .seconds(300),
        maximumEntryCount: Int = 256
    ) {
        self.maximumMessageCount = min(max(1, maximumMessageCount), Self.maximumMessageCountLimit)
        self.maximumByteCount = max(1, maximumByteCount)
        self.maximumAge = max(.zero, maximumAge)
        self.maximumEntryCount = min(max(1, maximumEntryCount), 1 << 16)
    }
}
