#if Redis
import Testing

/// The tests of the guard, one after another, because many start servers and measure times.
@Suite("KMRedis", .serialized) enum RedisTests {}
#endif
