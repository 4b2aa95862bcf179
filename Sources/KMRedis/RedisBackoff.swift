#if Redis
/// The time to wait before the next attempt to connect, which doubles up to a limit and is random.
struct RedisBackoff {
    private static let shortest = 0.05
    private static let longest = 5.0
    private var limit = RedisBackoff.shortest

    /// The time to wait now: between half the limit and the limit.
    mutating func next() -> Duration {
        defer { limit = min(limit * 2, Self.longest) }
        return .milliseconds(Int64(Double.random(in: limit / 2...limit) * 1000))
    }

    /// Starts again with the shortest time.
    mutating func reset() { limit = Self.shortest }
}
#endif
