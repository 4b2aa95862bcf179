#if PKCS11
import Foundation
import KMPKCS11
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

extension PKCS11Tests {
    @Suite("A keyring file that names a key in a token")
    struct KeyringSnippetTests {
        @Test("Messages open with the key in the token", .enabled(if: TestModule.areInstalled, "\(TestModule.absence)"))
        func use() async throws {
            let made = try await TestTokens.shared.token(.softHSM)
            let token = try await made.open()
            let date = Date(timeIntervalSince1970: 1_795_000_000)
            let label = "00000000000000000000000000000001"
            let (key, _) = try await token.generateKeyPair(
                label: label,
                id: TestTokens.shared.nextID(),
                validity: date...date.addingTimeInterval(86_400)
            )
            await token.close()
            let folder = NSTemporaryDirectory() + "km-hsm-\(UInt64.random(in: 0...(.max)))"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            try Data(TestTokens.pin.utf8).write(to: URL(filePath: "\(folder)/pin"))
            let modulePath = try #require(TestModule.softHSM.path)
            let uri = "\(made.uri);object=\(label)?module-path=\(modulePath)&pin-source=\(folder)/pin"
            let passphrases = KeyringPassphrases { [try SecretBytes("a passphrase")] }
            var file = try KeyringFile(role: .platform, nodes: [])
            let id = try CryptoKeyID(label)
            _ = try file.add(id, certificate: nil, privateKey: .uri(uri), issuedAt: date, at: date)
            let store = KeyringStore(
                path: "\(folder)/ring",
                passphrases: passphrases,
                cost: try ScryptCost(n: 1024, r: 8, p: 1)
            )
            try store.create(file, by: KeyringStore.Author("test", at: date))
            let keyring = try await HSMSnippets.use(path: "\(folder)/ring", passphrases: passphrases)
            let peer = try ParameterCipher(
                keyring: CryptoKeyring([CryptoKey(id: id, encryptionKey: key.publicKey)], primary: nil)
            )
            let sealed = try peer.seal(Array("{}".utf8), .message, under: id, at: date)
            let own = try ParameterCipher(keyring: keyring.keyring)
            #expect(throws: KMError(.privateKeyElsewhere)) { try own.open(sealed, .message, under: id) }
            let examined = try own.examine(sealed, Endpoint.Rule(.message), id, correlationID: nil)
            #expect(try await own.open(examined) == Array("{}".utf8))
        }

        @Test(
            "A client and a tokenizer with keys in the token",
            .enabled(if: TestModule.areInstalled, "\(TestModule.absence)")
        )
        func otherKeys() async throws {
            let token = try await TestTokens.shared.token(.softHSM).open()
            let secret = try SecretBytes(ClientAndServer.secretText)
            for label in ["secret-key", "tokenization"] {
                _ = try await token.importHMACKey(secret, label: label, id: TestTokens.shared.nextID())
            }
            let ends = try ClientAndServer(at: .now)
            let (client, tokenizer) = try await HSMSnippets.otherKeys(
                token,
                accessKey: ends.accessKey,
                aspID: ends.aspID,
                keyring: ends.clientRing
            )
            let request = try await client.seal(ClientAndServer.parameters, for: .waitingPhysicalCards)
            let call = try await ends.server.open(request.headers, request.body, for: .waitingPhysicalCards)
            #expect(call.parameters == ClientAndServer.parameters)
            let pan = try PAN("9491339401250765")
            #expect(try await tokenizer.par(for: pan) == PARTokenizer(TokenizationKey(secret)).par(for: pan))
        }
    }
}
#endif
