/// The bounds of a data-key cache, which makes messages share a content encryption key (CEK).
///
/// Without a cache, each message has its own CEK and costs one RSA operation at each end. With a cache, a sender's
/// messages share a CEK for a while, each with a fresh random IV, and both ends do the RSA operation once.
///
/// A cache weakens the protection:
///
/// - An attacker who gets one CEK, for example from the memory of a process, can read every message under it.
/// - An observer can see which messages came from one cache.
/// - A field without a correlation id opens in any message under the same CEK, at its own path.
///
/// In memory, a CEK is there once for each thread that uses it, so that the threads do not wait for each other.
///
/// The cache never returns a CEK beyond these bounds, or for an RSA key that may no longer be used. A CEK is erased
/// when it leaves the cache, at the latest with the cipher that the cache belongs to. A CEK past its age leaves the
/// cache when a later one is added. A cache belongs to one cipher, and so to one keyring: a new keyring starts with an
/// empty cache.
public struct DataKeyCaching: Sendable, Hashable {
    /// The upper bound of ``maximumMessageCount``: 2^20.
    ///
    /// With random 96-bit IVs, the probability that two of so many are equal is 2^-57. NIST SP 800-38D section 8.3 sets
    /// the limit at 2^32 messages.
    public static let maximumMessageCountLimit = 1 << 20

    /// The largest number of messages (at field level, of fields) under one CEK, from 1 to 2^20.
    public let maximumMessageCount: Int
    /// The largest number of plaintext bytes under one CEK, at least 1.
    public let maximumByteCount: Int
    /// The longest time for which the cache keeps a CEK in use.
    public let maximumAge: Duration
    /// The largest number of received CEKs in the cache, from 1 to 65,536.
    ///
    /// If the cache is full, a new CEK replaces the one that has not been used for the longest time, or some of those in a
    /// cache of 64 or more.
    public let maximumEntryCount: Int

    /// The default bounds: 65,536 messages, 256 MiB and five minutes for a CEK, and 256 received CEKs.
    public static let standard = DataKeyCaching()

    /// Creates bounds; a value outside its range is replaced by the nearest one in the range.
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
