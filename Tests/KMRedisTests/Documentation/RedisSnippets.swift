#if Redis
import KMRedis
import KMSecurity
import Logging

/// The Swift block of the page of KMRedis, exact but for its indentation.
enum RedisSnippets {
    static func share(passwordFile: String, logger: Logger) throws -> RedisReplayGuard {
        let replayGuard = try RedisReplayGuard(
            .init(
                address: .tls(host: "redis.example.com"),
                username: "km",
                password: SecretBytes(contentsOfFile: passwordFile).withoutTrailingNewline()
            ),
            logger: logger
        )
        return replayGuard
    }
}
#endif
