import Foundation
import HTTPTypes
import KMJOSE
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Logging
import Testing

/// Runs the snippets of the articles KeyHandling and GettingStartedOperator.
struct KeySnippetTests {
    private static let parameters = #"{"userId":50000104652}"#.bytes

    @Test func theSnippetReadsPEMPKCS12AndJWKKeys() throws {
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        try openssl("req -x509 -newkey rsa:2048 -nodes -keyout key.pem -subj /CN=key -days 30 -out cert.pem")
        try openssl("pkcs12 -export -inkey key.pem -in cert.pem -passout pass:secret -out key.p12")
        try openssl("rsa -traditional -in key.pem -outform DER -out key.der")
        let folder = try SnippetFolder()
        let contents = [
            "pem": try openssl.read("key.pem"), "p12": try openssl.read("key.p12"),
            "jwk": Self.jwk(ofPKCS1: try openssl.read("key.der")),
        ]
        for (name, bytes) in contents { try Data(bytes).write(to: URL(filePath: folder.path(name))) }
        let keys = try KeySnippets.read(
            pemPath: folder.path("pem"),
            pkcs12Path: folder.path("p12"),
            jwkPath: folder.path("jwk"),
            passphrase: SecretBytes("secret")
        )
        let expected = try Certificate(parsing: openssl.read("cert.pem")).unverifiedPublicKey
        #expect(keys.map(\.publicKey) == Array(repeating: expected, count: 3))
    }

    /// Converts a PKCS#1 private key, a sequence of integers that begins with the version, to a JWK.
    private static func jwk(ofPKCS1 der: [UInt8]) -> [UInt8] {
        var integers: [[UInt8]] = []
        var rest = der[4...]
        while rest.popFirst() == 0x02, let first = rest.popFirst() {
            let lengthBytes = first < 0x80 ? [first] : Array(rest.prefix(Int(first & 0x7F)))
            if first >= 0x80 { rest = rest.dropFirst(lengthBytes.count) }
            let count = lengthBytes.reduce(0) { $0 << 8 | Int($1) }
            integers.append(Array(rest.prefix(count).drop { $0 == 0 }))
            rest = rest.dropFirst(count)
        }
        let members = zip(["n", "e", "d", "p", "q", "dp", "dq", "qi"], integers.dropFirst())
        return "{\"kty\":\"RSA\"\(members.map { ",\"\($0)\":\"\(Base64.url.encode($1))\"" }.joined())}".bytes
    }

    @Test func theSnippetWritesAnEncryptedKeyAndACertificate() throws {
        let folder = try SnippetFolder()
        let passphrase = try SecretBytes("correct horse")
        let paths = (folder.path("key"), folder.path("cert"))
        let key = try KeySnippets.write(
            keyID: CryptoKeyID.random(),
            passphrase: passphrase,
            keyPath: paths.0,
            certificatePath: paths.1
        )
        #expect(
            try RSAPrivateKey(parsing: SecretBytes(contentsOfFile: paths.0), passphrase: passphrase).publicKey == key
        )
        let certificate = try Certificate(parsing: Array(Data(contentsOf: URL(filePath: paths.1))))
        #expect(try certificate.publicKey(validAt: .now) == key)
        #expect(key.bitCount == 3072)
    }

    @Test(arguments: [(-7200.0, true), (3600.0, false)])
    func anExpiredCertificateIsRejectedWhenSealing(_ end: TimeInterval, _ isRejected: Bool) throws {
        let validity = Date.now.addingTimeInterval(-10_000)...Date.now.addingTimeInterval(end)
        let certificate = try Certificate.selfSigned(TestKeys.first(), commonName: "key", validity: validity)
        var printed: [String] = []
        try KeySnippets.expired(certificate, CryptoKeyID.random(), Self.parameters) { printed.append($0) }
        #expect(printed.count == (isRejected ? 1 : 0))
    }

    @Test func keyStatesBehaveAsTheArticlesTableSays() async throws {
        let ends = try ClientAndServer(at: .now)
        let fresh = try ClientAndServer.clientKey(CryptoKeyID.random(), issuedAt: .now)
        let rings = try KeySnippets.states(ends.clientRing, fresh, ends.keyID)
        #expect(rings.map(\.primaryID) == [ends.keyID, fresh.id, fresh.id])
        #expect(try rings.map { try $0.key(ends.keyID).state } == [.active, .inactive, .discarded])
        #expect(rejection { try ends.clientRing.setting(.inactive, of: ends.keyID) } == .keyringInvalid)
        // A message sealed before the change still opens after it, unless its key is discarded.
        let request = try ends.client().seal(Self.parameters, protection: .message)
        let call = try await ends.server.open(request.headers, request.body)
        let reply = try ends.server.seal(Self.parameters, answering: call)
        let codes = try rings.map { ring in
            let cipher = try ParameterCipher(keyring: ring)
            return rejection { try cipher.open(reply.body, .message, under: ends.keyID) }
        }
        #expect(codes == [nil, nil, .keyNotActive])
    }

    @Test func aPrivateKeyCanBeInAKeyService() async throws {
        let ends = try ClientAndServer(at: .now)
        let pair = try TestKeys.second()
        let remote = KeySnippets.KeyServiceKey { encryptedKey in
            let wrapped = WrappedContentKey(encryptedKey, byteCount: 32)
            return try pair.unwrap(wrapped)?.withBytes { key in key.indices.map { key[$0] } }
        }
        let key = try CryptoKey(id: ends.keyID, encryptionKey: TestKeys.first().publicKey, decryptionKey: remote)
        let client = try ends.client(keyring: CryptoKeyring(primary: key))
        let request = try await client.seal(Self.parameters, for: Endpoint.waitingPhysicalCards)
        let call = try await ends.server.open(request.headers, request.body, for: .waitingPhysicalCards)
        let reply = try ends.server.seal(Self.parameters, answering: call)
        #expect(try await client.open(reply.headers, reply.body, answering: request).parameters == Self.parameters)
    }

    @Test func messagesShareACachedContentKey() async throws {
        let ends = try ClientAndServer(at: .now)
        let client = try KeySnippets.cached(
            aspID: ends.aspID,
            accessKey: ends.accessKey,
            secretKey: ends.secretKey,
            keyring: ends.clientRing
        )
        let requests = try (0..<2).map { _ in try client.seal(Self.parameters, protection: .message) }
        let encryptedKeys = requests.map { $0.body.split(separator: UInt8(ascii: "."))[1] }
        #expect(encryptedKeys[0] == encryptedKeys[1])
        for request in requests {
            #expect(try await ends.server.open(request.headers, request.body).parameters == Self.parameters)
        }
    }

    /// Checks that a call works while one end is at most one rotation step ahead of the other.
    @Test func aRotationInterruptsNoCalls() async throws {
        let ends = try ClientAndServer(at: .now)
        let (theirs, own) = (try TestKeys.first(), try TestKeys.second())
        let id = try CryptoKeyID.random()
        let (clientKey, serverKey) = (
            try CryptoKey(id: id, encryptionKey: theirs.publicKey, decryptionKey: own, issuedAt: .now),
            try CryptoKey(id: id, encryptionKey: own.publicKey, decryptionKey: theirs, issuedAt: .now)
        )
        func exchange(client clientSteps: Int, server serverSteps: Int) async throws -> CryptoKeyID? {
            let clientRing = try KeySnippets.rotate(ends.clientRing, clientKey, ends.keyID, steps: clientSteps)
            let serverRing = try KeySnippets.rotate(ends.serverRing, serverKey, ends.keyID, steps: serverSteps)
            let server = try ServerSecurity(
                credentials: StaticCredentials([
                    .accessKey(ends.accessKey): [
                        Credential(
                            secretKey: ends.secretKey,
                            aspID: ends.aspID,
                            cryptoKeyIDs: serverSteps > 0 ? [ends.keyID, id] : [ends.keyID]
                        )
                    ]
                ]),
                keyring: serverRing,
                configuration: .init(replayRetention: .seconds(3600))
            )
            let client = try ends.client(keyring: clientRing)
            let request = try client.seal(Self.parameters, protection: .message)
            let call = try await server.open(request.headers, request.body)
            let reply = try server.seal(Self.parameters, answering: call)
            #expect(try await client.open(reply.headers, reply.body, answering: request).parameters == Self.parameters)
            return call.headers.cryptoKeyID
        }
        for step in 0...4 {
            #expect(try await exchange(client: step, server: step) == (step < 2 ? ends.keyID : id))
            guard step < 4 else { break }
            #expect(try await exchange(client: step, server: step + 1) == (step < 2 ? ends.keyID : id))
            guard step > 0 else { continue }
            #expect(try await exchange(client: step + 1, server: step) == id)
        }
        // A client that never rotates is accepted up to step 3 and rejected from step 4.
        #expect(try await exchange(client: 0, server: 3) == ends.keyID)
        #expect(await rejection { try await exchange(client: 0, server: 4) } == .keyNotActive)
    }

    @Test func aDiscardedKeyStaysDiscardedAfterARestart() throws {
        let ends = try ClientAndServer(at: .now)
        let (pair, id) = (try TestKeys.first(), try CryptoKeyID.random())
        let validity = Date.now.addingTimeInterval(-60)...Date.now.addingTimeInterval(3600)
        let certificate = try Certificate.selfSigned(pair, commonName: "new", validity: validity)
        let ring = try KeySnippets.restarted(ends.keyID, .now - 100, id, .now, certificate, pair)
        #expect(ring.keys.map(\.id) == [ends.keyID, id])
        #expect(ring.primaryID == id)
        let cipher = try ParameterCipher(keyring: ring)
        #expect(rejection { try cipher.seal(Self.parameters, .message, under: ends.keyID, at: .now) } == .keyNotActive)
        #expect(rejection { try cipher.seal(Self.parameters, .message, under: id, at: .now) } == nil)
    }

    @Test(arguments: [3600.0, -3600]) func anOldSecretIsAcceptedUntilItsLastDay(_ lastDay: TimeInterval) async throws {
        let ends = try ClientAndServer(at: .now)
        let fresh = try SecretKey(SecretBytes(randomCount: 32))
        let server = try ServerSecurity(
            credentials: KeySnippets.secrets(
                accessKey: ends.accessKey,
                aspID: ends.aspID,
                keyIDs: [ends.keyID],
                newSecret: fresh,
                oldSecret: ends.secretKey,
                lastDay: Date.now.addingTimeInterval(lastDay)
            ),
            keyring: ends.serverRing,
            configuration: .init(replayRetention: .seconds(3600))
        )
        let request = try ends.client(secretKey: fresh).seal(Self.parameters, protection: .message)
        #expect(try await server.open(request.headers, request.body).credentialName == "2026-11")
        let old = try ends.client().seal(Self.parameters, protection: .message)
        if lastDay > 0 {
            #expect(try await server.open(old.headers, old.body).credentialName == "2025-11")
        } else {
            #expect(await rejection { try await server.open(old.headers, old.body) } == .credentialNotValid)
        }
    }

    @Test func theSnippetFollowsAFileAndEndsItsCensus() async throws {
        let folder = try SnippetFolder()
        let (path, passphrasePath) = (folder.path("ring"), folder.path("passphrase"))
        try Data("correct horse\n".utf8).write(to: URL(filePath: passphrasePath))
        let store = KeyringStore(
            path: path,
            passphrases: .files(passphrasePath),
            cost: try ScryptCost(n: 1024, r: 8, p: 1)
        )
        try store.create(KeyringFile(role: .provider, nodes: ["shop1"]), by: KeyringStore.Author("x", at: .now))
        let ends = try ClientAndServer(at: .now)
        let (client, following) = try KeySnippets.follow(
            path: path,
            passphrasePath: passphrasePath,
            accessKey: ends.accessKey,
            aspID: ends.aspID,
            secretKey: ends.secretKey,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        #expect(client.keyring.primaryID == nil)
        await KeySnippets.stop(following)
        let census = try Data(contentsOf: URL(filePath: "\(path).shop1.census"))
        #expect(String(decoding: census, as: UTF8.self).contains("\"hasEnded\": true"))
    }
}
