#if PKCS11
import Foundation
import KMJOSE
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

@testable import KMPKCS11

extension PKCS11Tests {
    @Suite("Content encryption keys", .enabled(if: TestModule.areInstalled, Comment(rawValue: TestModule.absence)))
    struct UnwrapTests {
        /// A key pair in memory and in a token.
        private func key(_ module: TestModule, _ pair: RSAPrivateKey) async throws -> PKCS11PrivateKey {
            let token = try await TestTokens.shared.token(module).open()
            return try await token.insert(pair, label: "unwrap", id: TestTokens.shared.nextID())
        }

        /// Whether two calls give the same key; a ciphertext that does not decrypt gives random keys.
        private func opens(_ wrapped: WrappedContentKey, _ key: PKCS11PrivateKey, as expected: [UInt8]?) async throws {
            let first = try #require(try await key.unwrap(wrapped))
            let second = try #require(try await key.unwrap(wrapped))
            #expect(first.count == wrapped.byteCount && second.count == wrapped.byteCount)
            if let expected {
                #expect(first.exposed == expected && second.exposed == expected)
            } else {
                #expect(first != second)
            }
        }

        @Test(
            "Each algorithm, size of key and size of content key",
            arguments: TestModule.allCases,
            [2048, 3072, 4096]
        )
        func roundTrips(_ module: TestModule, _ bitCount: Int) async throws {
            let pair = try RSAPrivateKey.generate(bitCount: bitCount)
            let key = try await key(module, pair)
            #expect(key.publicKey == pair.publicKey)
            for byteCount in [1, 16, 32, 64] {
                for _ in 0..<5 {
                    let secret = try SecureRandom.bytes(byteCount)
                    let sealed = try key.publicKey.encryptOAEP(secret.span)
                    try await opens(WrappedContentKey(sealed, byteCount: byteCount), key, as: secret)
                    try await opens(
                        WrappedContentKey(sealed, byteCount: byteCount == 64 ? 63 : byteCount + 1),
                        key,
                        as: nil
                    )
                    let legacy = WrappedContentKey(sealed, algorithm: .insecureRSAOAEP, byteCount: byteCount)
                    if byteCount > 1 { try await opens(legacy, key, as: nil) }
                }
            }
            let (message, ciphertext) = try key.publicKey.oaepChallenge(.insecureSHA1)
            try await opens(
                WrappedContentKey(ciphertext, algorithm: .insecureRSAOAEP, byteCount: 32),
                key,
                as: message.exposed
            )
            // The way of each module, which the other tests rely on.
            switch (module, key.knownMethods["RSA-OAEP-256"]) {
            case (.softHSM, .raw), (.nss, .inToken): break
            case (_, let found): Issue.record("\(module) decrypts by \(String(describing: found))")
            }
        }

        @Test("What the openssl command encrypts", arguments: TestModule.allCases)
        func command(_ module: TestModule) async throws {
            let pair = try RSAPrivateKey.generate()
            let key = try await key(module, pair)
            let openssl = try OpenSSLCommand()
            defer { openssl.cleanUp() }
            try openssl.write(pair.publicKey.pemRepresentation(), to: "key.pem")
            for (hash, algorithm) in [("sha256", KeyManagementAlgorithm.rsaOAEP256), ("sha1", .insecureRSAOAEP)] {
                let secret = try SecureRandom.bytes(32)
                try openssl.write(secret, to: "secret")
                try openssl(
                    "pkeyutl -encrypt -pubin -inkey key.pem -in secret -out sealed -pkeyopt rsa_padding_mode:oaep "
                        + "-pkeyopt rsa_oaep_md:\(hash) -pkeyopt rsa_mgf1_md:\(hash)"
                )
                let sealed = try openssl.read("sealed")
                try await opens(WrappedContentKey(sealed, algorithm: algorithm, byteCount: 32), key, as: secret)
            }
        }

        @Test("Wrong ciphertexts give random keys", arguments: TestModule.allCases)
        func wrongCiphertexts(_ module: TestModule) async throws {
            let pair = try RSAPrivateKey.generate()
            let key = try await key(module, pair)
            let secret = try SecureRandom.bytes(32)
            let sealed = try key.publicKey.encryptOAEP(secret.span)
            let modulus = try pair.publicKey.modulus()
            var one = [UInt8](repeating: 0, count: 256)
            var wrong = [one, modulus, [UInt8](repeating: 0xFF, count: 256)]
            one[255] = 1
            wrong.append(one)
            var below = modulus
            below[255] -= 1
            wrong.append(below)
            wrong += [
                [], Array(sealed.dropLast()), sealed + [0], [0] + sealed, Array(sealed.prefix(128)), sealed + sealed,
            ]
            wrong += try (0..<8).map { _ in try [0] + SecureRandom.bytes(255) }
            wrong += (0..<32).map { place in
                var changed = sealed
                changed[place * 8] ^= 1
                return changed
            }
            wrong.append(try RSAPrivateKey.generate().publicKey.encryptOAEP(secret.span))
            for ciphertext in wrong {
                for algorithm in KeyManagementAlgorithm.allCases {
                    try await opens(WrappedContentKey(ciphertext, algorithm: algorithm, byteCount: 32), key, as: nil)
                }
            }
            try await opens(WrappedContentKey(sealed, byteCount: 32), key, as: secret)
            for byteCount in [-1, 0, 65, Int.max] {
                let wrapped = WrappedContentKey(sealed, byteCount: byteCount)
                #expect(await rejection { try await key.unwrap(wrapped) } == .invalidSize)
            }
        }

        @Test("A server whose private key is in the token", arguments: TestModule.allCases)
        func server(_ module: TestModule) async throws {
            let ends = try ClientAndServer()
            let inToken = try await key(module, TestKeys.first())
            let key = try CryptoKey(id: ends.keyID, encryptionKey: TestKeys.second().publicKey, decryptionKey: inToken)
            let server = try ends.server(keyring: CryptoKeyring([key], primary: nil))
            let request = try ends.client().seal(ClientAndServer.parameters, protection: .message)
            let call = try await server.open(request.headers, request.body, protection: .message)
            #expect(call.parameters == ClientAndServer.parameters)
            let other = try CryptoKey(
                id: ends.keyID,
                encryptionKey: TestKeys.third().publicKey,
                decryptionKey: TestKeys.third()
            )
            let changed = try ends.client(keyring: CryptoKeyring(primary: other))
                .seal(ClientAndServer.parameters, protection: .message)
            let error = await #expect(throws: KMError(.authenticationFailed)) {
                try await server.open(changed.headers, changed.body, protection: .message)
            }
            #expect(error?.detail == "")
        }

        @Test("The package's and Wycheproof's vectors", arguments: TestModule.allCases)
        func vectors(_ module: TestModule) async throws {
            var count = 0
            for group in try OAEPVectorGroup.all() {
                let key = try await key(module, RSAPrivateKey(parsing: group.key))
                for test in group.tests {
                    let fits = (1...64).contains(test.message?.count ?? 0)
                    let wrapped = WrappedContentKey(
                        test.ciphertext,
                        algorithm: group.algorithm,
                        byteCount: fits ? test.message?.count ?? 32 : 32
                    )
                    // One random byte is the same twice too often for a test.
                    guard wrapped.byteCount > 4 || fits else { continue }
                    try await opens(wrapped, key, as: fits ? test.message : nil)
                    count += 1
                }
            }
            #expect(count >= 38)
        }
    }
}
#endif
