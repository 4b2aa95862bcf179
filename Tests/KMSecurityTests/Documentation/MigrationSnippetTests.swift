import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// Runs the snippets of the articles FromNodeJOSE and FromClientEncryption.
struct MigrationSnippetTests {
    private static let parameters = #"{"userId":9999999999999999999}"#.bytes
    private let ends: ClientAndServer

    init() throws { ends = try ClientAndServer(at: .now) }

    @Test func theSnippetMakesACall() async throws {
        let client = try ends.client()
        let answer = try await MigrationSnippets.call(client, Self.parameters) { request in
            let response = await ends.server.respond(to: request.headers, request.body, for: .waitingPhysicalCards) {
                $0.parameters
            }
            return (response.status.code, response.headers, response.body)
        }
        #expect(answer == Self.parameters)
        await #expect(throws: PlatformError.notFoundIssuedCards) {
            try await MigrationSnippets.call(client, Self.parameters) { _ in
                (400, [:], PlatformError.notFoundIssuedCards.result.body)
            }
        }
    }

    @Test func theSingleStepsSignAndVerify() throws {
        let made = try MigrationSnippets.signed(Self.parameters, ends.clientRing, ends.keyID, ends.secretKey)
        #expect(made.token.utf8.count == 67)
        let cipher = try ParameterCipher(keyring: ends.serverRing)
        func verified(_ body: [UInt8], _ token: String) throws -> [UInt8] {
            try MigrationSnippets.verified(body, token, cipher, ends.keyID, ends.secretKey)
        }
        #expect(try verified(made.body, made.token) == Self.parameters)
        #expect(rejection { try verified(made.body + "\n".bytes, made.token) } == .tokenMismatch)
        #expect(rejection { try verified(made.body, made.token + "=") } == .tokenMalformed)
    }

    @Test func theSnippetComparesAFingerprint() throws {
        let validity = Date.now.addingTimeInterval(-60)...Date.now.addingTimeInterval(3600)
        let certificate = try Certificate.selfSigned(TestKeys.first(), commonName: "platform", validity: validity)
        let folder = try SnippetFolder()
        let path = folder.path("cert")
        try Data(certificate.pemRepresentation()).write(to: URL(filePath: path))
        let digits = certificate.fingerprint.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(
            try MigrationSnippets.compared(certificatePath: path, expected: digits).fingerprint
                == certificate.fingerprint
        )
        #expect(throws: MigrationSnippets.OtherCertificate.self) {
            try MigrationSnippets.compared(certificatePath: path, expected: String(digits.dropLast()))
        }
    }

    @Test func aKeyringChoosesThePrimaryKeyAndOpensUnderBoth() throws {
        let newKey = try ClientAndServer.clientKey(ends.otherKeyID, issuedAt: .now)
        let chosen = try MigrationSnippets.chosen(ends.clientKey, newKey, Self.parameters)
        #expect(chosen.keyring.primaryID == newKey.id)
        let cipher = try ParameterCipher(keyring: ends.serverRing)
        #expect(try cipher.open(chosen.body, .message, under: ends.keyID) == Self.parameters)
    }

    @Test func theEndpointTableOfTheArticleIsValid() throws {
        let page = try #require(Document.all.first { $0.path.hasSuffix("FromClientEncryption.md") })
        let block = try #require(try page.blocks().first { $0.lines.contains { $0.contains(#""endpoints": ["#) } })
        let table = try EndpointTable(parsing: block.lines.joined(separator: "\n").bytes)
        let cardInfo = try table.endpoint(.post, "/api/v1/user/card/info")
        #expect(cardInfo.request == .message)
        #expect(try cardInfo.response == .fields("$.cards[*].cardNo"))
    }
}
