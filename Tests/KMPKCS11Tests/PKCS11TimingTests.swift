#if PKCS11
import Foundation
import KMPrimitives
import KMSecurity
import KMTestSupport
import Testing

@testable import KMPKCS11

extension PKCS11Tests {
    /// Measures whether the time of an unwrap reveals that the ciphertext did not decrypt.
    ///
    /// The test prints times but does not assert them, since times depend on the machine and its load. |t| below 4.5 is no
    /// evidence of a difference. A class compared with itself shows the noise of the machine.
    @Suite(
        "Timing of rejections",
        .serialized,
        .enabled(if: TestModule.areInstalled, Comment(rawValue: TestModule.absence))
    )
    struct TimingTests {
        private static let setting = ProcessInfo.processInfo.environment["KMSEC_TIMING"]
        static let isWanted = setting != nil
        private static let count = max(1000, setting.flatMap { Int($0) } ?? 0)

        /// Eight ciphertexts of each class: right, random, of another size of key, and right again.
        private static func classes(_ key: RSAPublicKey) throws -> [[[UInt8]]] {
            var classes: [[[UInt8]]] = []
            for kind in 0..<4 {
                var ciphertexts: [[UInt8]] = []
                for _ in 0..<8 {
                    let random = try SecureRandom.bytes(255)
                    let secret = try SecureRandom.bytes(kind == 2 ? 16 : 32)
                    ciphertexts.append(kind == 1 ? [1] + random : try key.encryptOAEP(secret.span))
                }
                classes.append(ciphertexts)
            }
            return classes
        }

        @Test(
            .enabled(if: isWanted, "a measurement; to run it, set KMSEC_TIMING to the samples per class"),
            arguments: TestModule.allCases
        )
        func measuresPaddingFailures(_ module: TestModule) async throws {
            var configuration = PKCS11Token.Configuration()
            configuration.maximumSessionCount = 1
            let token = try await TestTokens.shared.token(module).open(configuration)
            let key = try await token.insert(TestKeys.first(), label: "timing", id: TestTokens.shared.nextID())
            let classes = try Self.classes(key.publicKey)
            var samples = TimingSamples(classCount: classes.count)
            let clock = ContinuousClock()
            for round in -1000..<classes.count * Self.count {
                let index = Int.random(in: 0..<classes.count)
                let wrapped = WrappedContentKey(classes[index][round & 7], byteCount: 32)
                let start = clock.now
                _ = try await key.unwrap(wrapped)
                // The first thousand rounds warm up the caches.
                if round >= 0 { samples.record(index, start.duration(to: clock.now)) }
            }
            let report = samples.report(["right", "wrong padding", "another size", "right again"])
            print("\(module):", report)
        }

        @Test(.enabled(if: isWanted, "a measurement; to run it, set KMSEC_TIMING"), arguments: TestModule.allCases)
        func measuresThroughput(_ module: TestModule) async throws {
            let local = try TestKeys.first()
            let token = try await TestTokens.shared.token(module).open()
            let key = try await token.insert(local, label: "throughput", id: TestTokens.shared.nextID())
            let secret = try SecretBytes(randomCount: 32)
            let mac = try await token.importHMACKey(secret, label: "throughput", id: TestTokens.shared.nextID())
            let hmac = try HMACSHA256(key: secret)
            let content = try SecretBytes(randomCount: 32)
            let sealed = try content.withBytes { try key.publicKey.encryptOAEP($0) }
            let wrapped = WrappedContentKey(sealed, byteCount: 32)
            let message = try SecretBytes(randomCount: 1000)
            for tasks in [1, 8] {
                let unwraps = [
                    try await Self.rate(tasks) { _ = try local.unwrap(wrapped) },
                    try await Self.rate(tasks) { _ = try await key.unwrap(wrapped) },
                ]
                let macs = [
                    try await Self.rate(tasks) { _ = try message.withBytes { try hmac.authenticate($0) } },
                    try await Self.rate(tasks) { _ = try await mac.authenticate(message) },
                ]
                print(
                    "\(module), \(tasks) tasks: unwraps per second in memory \(unwraps[0]), in the token \(unwraps[1]);",
                    "MACs of 1000 bytes per second in memory \(macs[0]), in the token \(macs[1])"
                )
            }
        }

        /// The median of three measurements, each of one second, of how often tasks can make a call per second.
        private static func rate(_ tasks: Int, _ call: @escaping @Sendable () async throws -> Void) async throws -> Int
        {
            var rates: [Int] = []
            for _ in 0..<3 {
                let start = ContinuousClock.now
                let count = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<tasks {
                        group.addTask {
                            var count = 0
                            while start.duration(to: .now) < .seconds(1) {
                                try await call()
                                count += 1
                            }
                            return count
                        }
                    }
                    return try await group.reduce(0, +)
                }
                rates.append(Int(Double(count) / (start.duration(to: .now) / .seconds(1))))
            }
            return rates.sorted()[1]
        }
    }
}
#endif
