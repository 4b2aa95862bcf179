#if Redis
import Foundation
import KMRedis
import Logging
import Testing

@Suite("The page's code")
struct RedisSnippetTests {
    @Test("The guard is made, and does not show the password")
    func share() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "redis-\(UUID().uuidString)")
        try Data("a throw-away password\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let replayGuard = try RedisSnippets.share(
            passwordFile: file.path(percentEncoded: false),
            logger: Logger(label: "km")
        )
        #expect("\(replayGuard)".contains("redis.example.com"))
        #expect(!"\(replayGuard)".contains("throw-away"))
        await replayGuard.close()
    }
}
#endif
