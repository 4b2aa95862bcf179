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

        @Test(
            .enabled(if: setting != nil, "a measurement; to run it, set KMSEC_TIMING to the samples per class"),
            arguments: TestModule.allCases
        )
        func measuresPaddingFailures(_ module: TestModule) async throws {
            var configuration = PKCS11Token.Configuration()
            configuration.maximumSessionCount = 1
            let token = try await TestTokens.shared.token(module).open(configuration)
            let key = try await token.insert(TestKeys.first(), label: "timing", id: TestTokens.shared.nextID())
            // Eight ciphertexts of each class: right, random, of another size of key, and right again.
            let classes: [[[UInt8]]] = try (0..<4).map { kind in
                try (0..<8).map { _ in
                    if kind == 1 { return try [1] + SecureRandom.bytes(255) }
                    return try key.publicKey.encryptOAEP(SecureRandom.bytes(kind == 2 ? 16 : 32).span)
                }
            }
            let count = max(1000, Self.setting.flatMap { Int($0) } ?? 0)
            let samples = await TimingSamples(classCount: classes.count, count: count) { index, round in
                _ = try? await key.unwrap(WrappedContentKey(classes[index][round & 7], byteCount: 32))
            }
            print("\(module):\n" + samples.report(["right", "wrong padding", "another size", "right again"]))
        }
    }
}
#endif
