import Foundation
import HTTPTypes
import KMSecurity
import Testing

/// The README's snippets compile, stand there as they are here, and do what it says.
struct ReadmeTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func lines(_ text: some StringProtocol) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }

    @Test func everySwiftBlockStandsInTheSnippets() throws {
        let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let source = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "ReadmeSnippets.swift"),
            encoding: .utf8
        )
        let snippets = Self.lines(source).joined(separator: "\n")
        let blocks = readme.components(separatedBy: "```swift\n").dropFirst().map {
            Self.lines($0.components(separatedBy: "\n```")[0]).joined(separator: "\n")
        }
        #expect(blocks.count == 3)
        for block in blocks { #expect(snippets.contains(block), "\(block.prefix(80))") }
    }

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

        let id = try CryptoKeyID.random()
        let accessKey = try AccessKey("0123456789abcdef0123456789abcdef01234567")
        let secretKey = try SecretKey(SecretBytes(copying: Array("a secret of thirty-two characters".utf8)))
        let ring = CryptoKeyring(
            try CryptoKey(id: id, encryptionKey: client.publicKey, decryptionKey: platform, issuedAt: .now)
        )
        let snippets = ReadmeSnippets(
            keyID: id.text,
            secretFile: secretFile,
            clientKeyFile: keyFile,
            platformCertificate: try certificate.pemRepresentation()
        ) { request in
            let response = try await ReadmeSnippets.server(
                request.headers,
                request.body,
                accessKey: accessKey,
                secretKey: secretKey,
                keyring: ring,
                answer: { $0 },
                log: { Issue.record("refused: \($0)") }
            )
            return (response.headers, response.body)
        }
        let parameters = try await snippets.client()
        #expect(parameters == Array(#"{"userId":50000104652}"#.utf8))
    }

    @Test func theServerSnippetRefuses() async throws {
        let ring = CryptoKeyring(
            try CryptoKey(id: CryptoKeyID.random(), decryptionKey: RSAPrivateKey.generate(), issuedAt: .now)
        )
        var logged: [KMError.Code] = []
        let response = try await ReadmeSnippets.server(
            HTTPFields(),
            [],
            accessKey: AccessKey("0123456789abcdef0123456789abcdef01234567"),
            secretKey: SecretKey(SecretBytes(randomCount: 32)),
            keyring: ring,
            answer: { $0 },
            log: { logged.append($0.code) }
        )
        #expect(logged == [.headerMissing])
        #expect(response.body == PlatformResult.invalidInputParameter.body)
    }

    @Test func theFieldSnippetEncryptsInPlace() async throws {
        let pair = try RSAPrivateKey.generate()
        let id = try CryptoKeyID.random()
        let key = try CryptoKey(id: id, encryptionKey: pair.publicKey, decryptionKey: pair, issuedAt: .now)
        let client = try ClientSecurity(
            aspID: AspID("000170000000000"),
            accessKey: AccessKey("0123456789abcdef0123456789abcdef01234567"),
            secretKey: SecretKey(SecretBytes(randomCount: 32)),
            keyring: CryptoKeyring(key)
        )
        let parameters = Array(#"{"physicalCardNo":"9491339401250765", "cards":[{"number":1}],"x":2}"#.utf8)
        let request = try ReadmeSnippets.fields(client, parameters)
        #expect(!String(decoding: request.body, as: UTF8.self).contains("9491339401250765"))
        let selection = try FieldSelection(["$.physicalCardNo", "$.cards[*].number"])
        let cipher = try ParameterCipher(keyring: CryptoKeyring(key))
        let opened = try cipher.decrypt(
            request.body,
            fields: selection,
            under: id,
            correlationID: request.requestHeaders.correlationID
        )
        #expect(opened == parameters)
    }
}
