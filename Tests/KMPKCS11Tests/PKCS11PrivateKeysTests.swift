#if PKCS11
import CKMPKCS11
import KMPrimitives
import KMSecurity
import KMTestSupport
import Testing

@testable import KMPKCS11

extension PKCS11Tests {
    @Suite("Keys that URIs name", .enabled(if: TestModule.areInstalled, Comment(rawValue: TestModule.absence)))
    struct PrivateKeysTests {
        @Test("A key that was not used before the source was closed does not connect")
        func closed() async throws {
            let token = try await TestTokens.shared.token(.softHSM)
            let opened = try await token.open()
            let id = await TestTokens.shared.nextID()
            let inserted = try await opened.insert(TestKeys.first(), label: "named", id: id)
            let path = try #require(TestModule.softHSM.path)
            let text = "\(token.uri);object=named;id=\(PKCS11Token.encoded(id));type=private?module-path=\(path)"
            let secret = try SecureRandom.bytes(32)
            let sealed = WrappedContentKey(try inserted.publicKey.encryptOAEP(secret.span), byteCount: 32)
            let used = PKCS11PrivateKeys(pin: token.pin)
            let key = try used.privateKey(at: text)
            #expect(try await key.unwrap(sealed)?.exposed == secret)
            await used.close()
            #expect(await rejection { try await key.unwrap(sealed) } == .hsmUnavailable)
            let unused = PKCS11PrivateKeys(pin: token.pin)
            let late = try unused.privateKey(at: text)
            await unused.close()
            #expect(await rejection { try await late.unwrap(sealed) } == .hsmUnavailable)
            #expect(rejection { try unused.privateKey(at: text) } == .hsmUnavailable)
            await opened.close()
        }

        @Test("A URI for a keyring needs the object or the id")
        func names() throws {
            let source = PKCS11PrivateKeys()
            for name in ["type=private", "token=a"] {
                #expect(rejection { try source.privateKey(at: "pkcs11:\(name)?module-path=/x.so") } == .hsmURIInvalid)
            }
            for name in ["object=a", "id=%01", "object=a;type=private"] {
                #expect(rejection { try source.privateKey(at: "pkcs11:\(name)?module-path=/x.so") } == nil)
            }
        }

        @Test("A key is found by its modulus with and without leading zeros", arguments: TestModule.allCases)
        func modulus(_ module: TestModule) async throws {
            let token = try await TestTokens.shared.token(module).open()
            let id = await TestTokens.shared.nextID()
            let key = try await token.insert(TestKeys.first(), label: "modulus", id: id)
            let uri = try PKCS11URI(PKCS11Token.uriText("modulus", id))
            let right = try key.publicKey.modulus()
            let other = try TestKeys.second().publicKey.modulus()
            for modulus in [right, [0] + right] {
                let reference = KeyReference(uri: uri, objectClass: KM_CKO_PRIVATE_KEY, modulus: modulus)
                _ = try await token.pool.run { try reference.find(in: $0) }
            }
            let reference = KeyReference(uri: uri, objectClass: KM_CKO_PRIVATE_KEY, modulus: other)
            let error = await #expect(throws: KMError(.hsmKeyNotFound)) {
                try await token.pool.run { try reference.find(in: $0) }
            }
            #expect(error?.detail.contains("another modulus") == true)
        }
    }
}
#endif
