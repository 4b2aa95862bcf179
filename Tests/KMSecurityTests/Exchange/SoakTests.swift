import Foundation
import HTTPTypes
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// Millions of whole exchanges, which must not leak memory or file descriptors.
///
/// `KMSEC_SOAK` is the number of exchanges. The data-key cache is on, since otherwise the test would spend its time on
/// RSA operations. `KMSEC_SOAK_CACHING=0` turns the cache off.
@Suite("Soak")
struct SoakTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let callCount = environment["KMSEC_SOAK"].flatMap { Int($0) }
    private static let caching: DataKeyCaching? = environment["KMSEC_SOAK_CACHING"] == "0" ? nil : .standard
    private static let taskCount = 2

    /// The resident memory, in MiB, and the number of open file descriptors of this process.
    private struct Holdings {
        let memory: Double
        let descriptors: Int

        init() throws {
            let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
            let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? .infinity
            memory = pages * 4096 / 1_048_576
            descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        }
    }

    private static let request =
        #"{"userId":1,"physicalCardNo":"9491339401250765","physicalCardExpDate":"3108","physicalCardCVC":"211"}"#.bytes
    private static let answer =
        #"{"issuedCardList":[{"digital":{"cardNo":"9999990000000014","mobileCardCVC":"737"},"status":"READY"}]}"#.bytes

    private static func exchange(
        _ count: Int,
        _ client: ClientSecurity,
        _ server: ServerSecurity,
        _ policies: [Endpoint]
    ) async throws -> Int {
        var done = 0
        for index in 0..<count {
            let policy = policies[index % policies.count]
            let sealed = try await client.seal(request, for: policy)
            let call = try await server.open(sealed.headers, sealed.body, for: policy)
            let reply = try server.seal(answer, answering: call, for: policy)
            let opened = try await client.open(reply.headers, reply.body, answering: sealed, for: policy)
            if call.parameters == request, opened.parameters == answer { done += 1 }
            guard OpenSSL.drainErrorQueue() == 0 else { return done }
        }
        return done
    }

    @Test(.enabled(if: callCount != nil, "takes minutes; to run it, set KMSEC_SOAK to a number of exchanges"))
    func memoryAndDescriptorsDoNotGrow() async throws {
        let count = try #require(Self.callCount)
        let ends = try ClientAndServer()
        let client = try ClientSecurity(
            party: .serviceProvider(ends.accessKey),
            aspID: ends.aspID,
            secretKey: ends.secretKey,
            keyring: CryptoKeyring(primary: ends.clientKey),
            configuration: .init(dataKeyCaching: Self.caching)
        )
        let server = try ServerSecurity(
            credentials: ends.credentials(ends.secretKey),
            keyring: CryptoKeyring([ends.serverKey], primary: nil),
            replayGuard: .inMemory(capacity: 1_000_000),
            configuration: .init(
                replayRetention: .insecureFreshnessWindowOnly,
                tolerance: .init(past: 3, future: 3),
                dataKeyCaching: Self.caching
            )
        )
        let policies: [Endpoint] = [.waitingPhysicalCards, .waitingPhysicalCardsByField]
        let start = ContinuousClock.now
        var holdings: [Holdings] = []
        var done = 0
        for _ in 0..<10 {
            done += try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<Self.taskCount {
                    group.addTask {
                        try await Self.exchange(count / 10 / Self.taskCount, client, server, policies)
                    }
                }
                return try await group.reduce(0, +)
            }
            holdings.append(try Holdings())
        }
        #expect(done == count / 10 / Self.taskCount * Self.taskCount * 10)
        // The first tenths fill the replay guard's window and the allocator's pools.
        let (early, late) = (holdings[3...5], holdings[7...])
        #expect((late.map(\.memory).max() ?? .infinity) <= (early.map(\.memory).max() ?? 0) * 1.05 + 4)
        #expect(Set(holdings.map(\.descriptors)).count == 1)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        print("soak: \(done) exchanges in \(seconds) s; resident MiB by tenths:", holdings.map { $0.memory.rounded() })
        print("descriptors by tenths:", holdings.map(\.descriptors))
    }
}
