import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import Logging
import Testing

/// Runs the README's snippets.
struct ReadmeTests {
    @Test func theSnippetsExchangeACall() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "readme-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (platform, client) = (try RSAPrivateKey.generate(), try RSAPrivateKey.generate())
        let certificate = try Certificate.selfSigned(
            platform,
            commonName: "platform",
            validity: Date.now.addingTimeInterval(-60)...Date.now.addingTimeInterval(3600)
        )
        let secretFile = folder.appending(path: "secret").path
        try Data("a secret of thirty-two characters\n".utf8).write(to: URL(filePath: secretFile))
        let keyFile = folder.appending(path: "client.pem").path
        try client.insecurePKCS8PEM().write(toNewFile: keyFile)
        let certificateFile = folder.appending(path: "platform.pem").path
        try Data(certificate.pemRepresentation()).write(to: URL(filePath: certificateFile))

        let id = try CryptoKeyID.random()
        let accessKey = try AccessKey("0123456789abcdef0123456789abcdef01234567")
        let secretKey = try SecretKey(SecretBytes(copying: Array("a secret of thirty-two characters".utf8)))
        let ring = try CryptoKeyring(
            primary: try CryptoKey(id: id, encryptionKey: client.publicKey, decryptionKey: platform, issuedAt: .now)
        )
        let snippets = ReadmeSnippets(
            keyID: id.text,
            secretFile: secretFile,
            clientKeyFile: keyFile,
            certificateFile: certificateFile
        ) { request in
            let response = try await ReadmeSnippets.server(
                request.headers,
                request.body,
                accessKey: accessKey,
                secretKey: secretKey,
                aspID: AspID("000170000000000"),
                keyID: id,
                keyring: ring,
                replayGuard: .inMemory(),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                answer: { $0 }
            )
            return (response.headers, response.body)
        }
        let parameters = try await snippets.client()
        #expect(parameters == Array(#"{"userId":50000104652}"#.utf8))
    }

    @Test func theServerSnippetRejectsAnInvalidRequest() async throws {
        let id = try CryptoKeyID.random()
        let ring = try CryptoKeyring([CryptoKey(id: id, decryptionKey: RSAPrivateKey.generate())], primary: nil)
        let log = CapturedLog()
        let response = try await ReadmeSnippets.server(
            HTTPFields(),
            [],
            accessKey: AccessKey("0123456789abcdef0123456789abcdef01234567"),
            secretKey: SecretKey(SecretBytes(randomCount: 32)),
            aspID: AspID("000170000000000"),
            keyID: id,
            keyring: ring,
            replayGuard: .inMemory(),
            logger: log.logger,
            answer: { $0 }
        )
        #expect(log.records.map { $0.metadata["km.code"] } == ["headerMissing"])
        #expect(response.body == PlatformError.invalidInputParameter.result.body)
    }

    @Test func theFieldSnippetEncryptsInPlace() async throws {
        let (platform, own) = (try RSAPrivateKey.generate(), try RSAPrivateKey.generate())
        let id = try CryptoKeyID.random()
        let accessKey = try AccessKey("0123456789abcdef0123456789abcdef01234567")
        let secretKey = try SecretKey(SecretBytes(randomCount: 32))
        let client = try ClientSecurity(
            party: .serviceProvider(accessKey),
            aspID: AspID("000170000000000"),
            secretKey: secretKey,
            keyring: CryptoKeyring(
                primary: CryptoKey(id: id, encryptionKey: platform.publicKey, decryptionKey: own, issuedAt: .now)
            )
        )
        let server = try ServerSecurity(
            credentials: StaticCredentials(insecureForAnyAspIDAndCryptoKey: [accessKey: [secretKey]]),
            keyring: CryptoKeyring(
                primary: CryptoKey(id: id, encryptionKey: own.publicKey, decryptionKey: platform, issuedAt: .now)
            ),
            configuration: .init(replayRetention: .seconds(3600))
        )
        let parameters = Array(
            #"{"physicalCardNo":"9491339401250765","physicalCardExpDate":"3108","physicalCardCVC":"211","x":2}"#.utf8
        )
        let answer = Array(
            #"{"issuedCardList":[{"digital":{"cardNo":"9491339401250765","mobileCardCVC":"737"}}]}"#.utf8
        )
        let done = try await ReadmeSnippets.fields(client, server, parameters, answer)
        #expect(!String(decoding: done.request.body, as: UTF8.self).contains("9491339401250765"))
        #expect(done.received == parameters)
        #expect(done.answered == answer)
    }
}
