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
    @Suite("Timing of rejections", .enabled(if: TestModule.areInstalled, Comment(rawValue: TestModule.absence)))
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
    }
}
#endif
