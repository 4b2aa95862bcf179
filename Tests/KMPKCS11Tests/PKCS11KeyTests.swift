#if PKCS11
import CKMPKCS11
import Foundation
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

@testable import KMPKCS11

extension PKCS11Tests {
    @Suite("New keys and MACs", .enabled(if: TestModule.areInstalled, Comment(rawValue: TestModule.absence)))
    struct KeyTests {
        private static let year =
            Date(timeIntervalSince1970: 1_800_000_000)...Date(timeIntervalSince1970: 1_831_536_000)

        @Test("A generated key pair and its certificate", arguments: TestModule.allCases)
        func generation(_ module: TestModule) async throws {
            let token = try await TestTokens.shared.token(module).open()
            let id = await TestTokens.shared.nextID()
            let (key, certificate) = try await token.generateKeyPair(label: "schlüssel 1", id: id, validity: Self.year)
            #expect(certificate.unverifiedPublicKey == key.publicKey)
            #expect(certificate.validity == Self.year)
            #expect(certificate.subject == "CN=schlüssel 1")
            let openssl = try OpenSSLCommand()
            defer { openssl.cleanUp() }
            try openssl.write(certificate.pemRepresentation(), to: "certificate.pem")
            let answer = try openssl("verify -no_check_time -x509_strict -CAfile certificate.pem certificate.pem")
            #expect(String(decoding: answer, as: UTF8.self).contains("OK"))
            let secret = try SecureRandom.bytes(32)
            let wrapped = WrappedContentKey(try key.publicKey.encryptOAEP(secret.span), byteCount: 32)
            #expect(try await key.unwrap(wrapped)?.exposed == secret)
            let uri = try PKCS11URI("pkcs11:id=\(PKCS11Token.encoded(id))")
            let reference = KeyReference(uri: uri, objectClass: KM_CKO_PRIVATE_KEY, modulus: nil)
            let shown = try await token.pool.run { session in
                let object = try session.handle(of: reference)
                let flags = try [KM_CKA_SENSITIVE, KM_CKA_EXTRACTABLE, KM_CKA_DECRYPT, KM_CKA_SIGN, KM_CKA_PRIVATE].map
                { try session.flag($0, of: object) }
                return (flags, try session.attribute(KM_CKA_PRIVATE_EXPONENT, of: object))
            }
            #expect(shown.0 == [true, false, true, false, true])
            #expect(shown.1 == nil)
            #expect(
                await rejection { try await token.generateKeyPair(label: "schlüssel 1", id: id, validity: Self.year) }
                    == .hsmKeyAmbiguous
            )
            #expect(
                await rejection { try await token.generateKeyPair(label: "other", id: id, validity: Self.year) }
                    == .hsmKeyAmbiguous
            )
            #expect(
                await rejection { try await token.generateKeyPair(label: "", id: id, validity: Self.year) }
                    == .invalidSize
            )
            #expect(
                await rejection { try await token.generateKeyPair(label: "a", id: [], validity: Self.year) }
                    == .invalidSize
            )
            #expect(
                await rejection {
                    try await token.generateKeyPair(label: "a", id: [1], bitCount: 1024, validity: Self.year)
                } == .unsupportedKey
            )
        }

        @Test("A key pair is removed with its certificate, and other objects stay", arguments: TestModule.allCases)
        func removal(_ module: TestModule) async throws {
            let token = try await TestTokens.shared.token(module).open()
            let id = await TestTokens.shared.nextID()
            let label = "removed pair"
            let (key, certificate) = try await token.generateKeyPair(label: label, id: id, validity: Self.year)
            let pair = PairGeneration(label: label, id: id, bitCount: 2048, validity: Self.year, logger: nil)
            let other = try Certificate.selfSigned(TestKeys.first(), commonName: label, validity: Self.year)
            @Sendable func objects(_ session: Session) throws -> Int {
                let template = try ObjectTemplate()
                try template.add(KM_CKA_ID, id)
                return try session.find(template).count
            }
            #expect(try await token.pool.run { try objects($0) } == 3)
            try await token.writing { try pair.remove(other, $0) }
            #expect(try await token.pool.run { try objects($0) } == 3)
            try await token.writing { try pair.remove(certificate, $0) }
            #expect(try await token.pool.run { try objects($0) } == 0)
            let uri = try PKCS11URI(PKCS11Token.uriText("removed%20pair", id))
            #expect(await rejection { try await token.privateKey(uri) } == .hsmKeyNotFound)
            #expect(key.publicKey == certificate.unverifiedPublicKey)
        }

        @Test("HMAC-SHA-256 agrees with that in memory", arguments: TestModule.allCases)
        func hmac(_ module: TestModule) async throws {
            let token = try await TestTokens.shared.token(module).open()
            let secret = try SecretBytes(randomCount: 32)
            let local = try HMACSHA256(key: secret)
            let key = try await token.importHMACKey(secret, label: "mac", id: TestTokens.shared.nextID())
            for size in [0, 1, 63, 64, 65, 1000, 100_000] {
                let message = try SecureRandom.bytes(size)
                let secretMessage = try SecretBytes(copying: message)
                let mac = try await key.authenticate(secretMessage)
                #expect(try local.authenticate(message).withBytes { [UInt8](copying: $0) } == mac)
                #expect(try await key.isValid(mac, for: secretMessage))
                #expect(try await !key.isValid(Array(mac.dropLast()), for: secretMessage))
                #expect(try await !key.isValid(mac, for: SecretBytes(copying: message + [0])))
                var changed = mac
                changed[31] ^= 1
                #expect(try await !key.isValid(changed, for: secretMessage))
            }
            let id = await TestTokens.shared.nextID()
            let generated = try await token.generateHMACKey(label: "generated mac", id: id)
            let mac = try await generated.authenticate(SecretBytes("1"))
            #expect(mac.count == 32)
            #expect(try await key.authenticate(SecretBytes("1")) != mac)
            let again = await rejection { try await token.generateHMACKey(label: "generated mac", id: id) }
            #expect(again == .hsmKeyAmbiguous)
            let small = await rejection { try await token.generateHMACKey(label: "m", id: id, byteCount: 31) }
            #expect(small == .invalidSize)
            let short = try SecretBytes(randomCount: 15)
            #expect(await rejection { try await token.importHMACKey(short, label: "m", id: id) } == .invalidSize)
            #expect(await rejection { try await token.hmacKey(PKCS11URI("pkcs11:object=absent")) } == .hsmKeyNotFound)
        }

        @Test("Tokens signed and verified in the token, and PARs derived there", arguments: TestModule.allCases)
        func tokensAndPARs(_ module: TestModule) async throws {
            let token = try await TestTokens.shared.token(module).open()
            let ends = try ClientAndServer()
            let secret = try SecretBytes(ClientAndServer.secretText)
            let signing = try await token.importHMACKey(secret, label: "signing", id: TestTokens.shared.nextID())
            let elsewhere = SecretKey(elsewhere: signing)
            for (sender, receiver) in [(elsewhere, ends.secretKey), (ends.secretKey, elsewhere)] {
                let client = try ends.client(secretKey: sender)
                let server = try ends.server(credentials: ends.credentials(receiver))
                let request = try await client.seal(ClientAndServer.parameters, for: .waitingPhysicalCards)
                let call = try await server.open(request.headers, request.body, for: .waitingPhysicalCards)
                #expect(call.parameters == ClientAndServer.parameters)
                await #expect(throws: KMError(.tokenMismatch)) {
                    try await server.open(request.headers, request.body + [0x20], for: .waitingPhysicalCards)
                }
            }
            let bytes = try SecretBytes(randomCount: 32)
            let deriving = try await token.importHMACKey(bytes, label: "deriving", id: TestTokens.shared.nextID())
            let key = try await ExternalTokenizationKey(deriving, version: 7)
            let local = try TokenizationKey(bytes, version: 7)
            #expect(key.keyCheckValue == local.keyCheckValue)
            let pan = try PAN("9491339401250765")
            #expect(try await ExternalPARTokenizer(key).par(for: pan) == PARTokenizer(local).par(for: pan))
        }
    }
}
#endif
