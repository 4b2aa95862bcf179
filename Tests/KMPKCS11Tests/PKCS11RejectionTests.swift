#if PKCS11
import CKMPKCS11
import KMJOSE
import KMPrimitives
import KMSecurity
import KMTestSupport
import Testing

@testable import KMPKCS11

/// A vendor's own result.
private let vendorResult: UInt = 0x8000_0001

extension PKCS11Tests {
    @Suite("Rejections of tokens", .enabled(if: TestModule.areInstalled, Comment(rawValue: TestModule.absence)))
    struct RejectionTests {
        /// What a token with a behaviour makes of a test.
        private struct Found: Sendable {
            let method: UnwrapMethod?
            let error: KMError?
            /// Whether each fault gives a random key.
            var hidesFaults = true
            /// Whether a right ciphertext is decrypted.
            var decrypts = false
        }

        private func find(_ behaviour: RejectingToken.Behaviour) async throws -> Found {
            let token = try await TestTokens.shared.token(.softHSM).open()
            let pair = try TestKeys.first()
            let id = await TestTokens.shared.nextID()
            let key = try await token.insert(pair, label: "rejections", id: id)
            let publicKey = key.publicKey
            let uri = try PKCS11URI(PKCS11Token.uriText("rejections", id))
            let reference = KeyReference(uri: uri, objectClass: KM_CKO_PRIVATE_KEY, modulus: nil)
            let found = try await token.pool.run { session in
                let handle = try session.handle(of: reference)
                let fake = RejectingToken(session, behaviour)
                let method: UnwrapMethod
                do {
                    method = try UnwrapMethod.find(.rsaOAEP256, publicKey, handle, fake)
                } catch let error as KMError {
                    return Found(method: nil, error: error)
                }
                var found = Found(method: method, error: nil)
                for fault in OAEPFault.allCases {
                    for _ in 0..<8 {
                        let ciphertext = try publicKey.oaepChallenge(.sha256, fault: fault).ciphertext
                        let wrapped = WrappedContentKey(ciphertext, byteCount: 32)
                        let first = try method.unwrap(wrapped, with: handle, fake)
                        let second = try method.unwrap(wrapped, with: handle, fake)
                        if first == second || first.count != 32 { found.hidesFaults = false }
                    }
                }
                let wrong = WrappedContentKey(try publicKey.oaepChallenge(.sha256).ciphertext, byteCount: 31)
                if try method.unwrap(wrong, with: handle, fake) == method.unwrap(wrong, with: handle, fake) {
                    found.hidesFaults = false
                }
                found.decrypts = true
                for _ in 0..<8 {
                    let (message, ciphertext) = try publicKey.oaepChallenge(.sha256)
                    let wrapped = WrappedContentKey(ciphertext, byteCount: 32)
                    if try method.unwrap(wrapped, with: handle, fake) != message { found.decrypts = false }
                }
                return found
            }
            await token.close()
            return found
        }

        private func expectRaw(_ behaviour: RejectingToken.Behaviour) async throws {
            let found = try await find(behaviour)
            #expect(found.method == .raw)
            #expect(found.hidesFaults && found.decrypts)
            var behaviour = behaviour
            behaviour.hasRaw = false
            #expect(try await find(behaviour).error?.code == .hsmKeyUnsuitable)
        }

        @Test("Results of the standard are rejections")
        func standard() async throws {
            let found = try await find(.init())
            #expect(found.method == .inToken(rejections: [0x40, 0x41, 0x20, 0x21], isAmbiguous: false))
            #expect(found.hidesFaults && found.decrypts)
        }

        @Test("A failure that a token uses as a rejection", arguments: [RejectingToken.Padding.label, .separator])
        func ambiguous(_ padding: RejectingToken.Padding) async throws {
            let found = try await find(.init(results: [padding: KM_CKR_GENERAL_ERROR]))
            let expected: Set<UInt> = [0x40, 0x41, 0x20, 0x21, KM_CKR_GENERAL_ERROR]
            #expect(found.method == .inToken(rejections: expected, isAmbiguous: true))
            #expect(found.hidesFaults && found.decrypts)
        }

        @Test(
            "A token whose result for one kind of padding is unknown does raw RSA, or nothing",
            arguments: [RejectingToken.Padding.firstByte, .label, .separator],
            [vendorResult, KM_CKR_BUFFER_TOO_SMALL]
        )
        func unknown(_ padding: RejectingToken.Padding, _ result: UInt) async throws {
            try await expectRaw(.init(results: [padding: result]))
        }

        @Test(
            "A token that reports an error of the device after a kind of padding",
            arguments: [RejectingToken.Padding.firstByte, .label, .separator]
        )
        func unhealthy(_ padding: RejectingToken.Padding) async throws {
            try await expectRaw(.init(unhealthy: [padding]))
        }

        @Test("A failure of the device while the rejections are learnt is not a rejection")
        func failingDevice() async throws {
            let once = try await find(.init(firstResults: [.label: [KM_CKR_DEVICE_ERROR]]))
            #expect(once.error?.code == .hsmUnavailable)
            for count in 1...8 {
                let lasting = try await find(.init(resultAfter: (count, KM_CKR_DEVICE_ERROR)))
                #expect(lasting.error?.code == .hsmUnavailable, "after \(count) calls")
            }
        }

        @Test("Raw RSA whose result begins with several zeros, which the token removes")
        func severalZeros() async throws {
            let token = try await TestTokens.shared.token(.softHSM).open()
            let id = await TestTokens.shared.nextID()
            let key = try await token.insert(TestKeys.first(), label: "zeros", id: id)
            let publicKey = key.publicKey
            let uri = try PKCS11URI(PKCS11Token.uriText("zeros", id))
            let reference = KeyReference(uri: uri, objectClass: KM_CKO_PRIVATE_KEY, modulus: nil)
            let counts = try await token.pool.run { session in
                let handle = try session.handle(of: reference)
                let fake = RejectingToken(session, .init(hasOAEP: false))
                var counts: Set<Int> = []
                // One result in 256 has a second zero.
                for _ in 0..<5000 where counts.count < 2 {
                    let (message, ciphertext) = try publicKey.oaepChallenge(.sha256)
                    let answer = try fake.decrypt(ciphertext, with: handle, KM_P11_RSA_RAW, capacity: 256)
                    guard !counts.contains(answer.count) else { continue }
                    counts.insert(answer.count)
                    let opened = try ExternalRSA.unpad(answer.memory, count: answer.count, byteCount: 32, hash: .sha256)
                    #expect(opened == message, "\(answer.count) bytes")
                }
                return counts
            }
            #expect(counts.contains(255) && counts.count == 2)
            await token.close()
        }

        @Test("Raw RSA in a token that removes leading zeros")
        func leadingZeros() async throws {
            let found = try await find(.init(hasOAEP: false))
            #expect(found.method == .raw)
            #expect(found.hidesFaults && found.decrypts)
        }
    }
}
#endif
