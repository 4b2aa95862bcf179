import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Runs the snippets of the article GettingStartedClient.
struct ClientSnippetTests {
    private let ends: ClientAndServer
    private let client: ClientSecurity

    init() throws {
        ends = try ClientAndServer(at: .now)
        client = try ClientSnippets.client(ends.secretKey, ends.clientRing)
    }

    @Test func theSnippetReadsTheKeyFiles() throws {
        let folder = try SnippetFolder()
        let validity = Date.now.addingTimeInterval(-60)...Date.now.addingTimeInterval(3600)
        let certificate = try Certificate.selfSigned(TestKeys.first(), commonName: "platform", validity: validity)
        let paths = (folder.path("secret"), folder.path("passphrase"), folder.path("key"), folder.path("cert"))
        try Data("\(ClientAndServer.secretText)\n".utf8).write(to: URL(filePath: paths.0))
        try Data("correct horse\n".utf8).write(to: URL(filePath: paths.1))
        let pem = try TestKeys.second().encryptedPKCS8PEM(passphrase: SecretBytes("correct horse"), iterations: 1000)
        try Data(pem).write(to: URL(filePath: paths.2))
        try Data(certificate.pemRepresentation()).write(to: URL(filePath: paths.3))
        let (secretKey, ring) = try ClientSnippets.keys(
            secretPath: paths.0,
            passphrasePath: paths.1,
            clientKeyPath: paths.2,
            certificatePath: paths.3,
            keyIDText: ends.keyID.text
        )
        #expect(!secretKey.isShort)
        #expect(ring.primaryID == ends.keyID)
    }

    @Test func theSnippetsSendARequestAndReadItsResponse() async throws {
        let request = try await ClientSnippets.request(client)
        let url = try #require(URL(string: "https://example.invalid/api/v1/issued-cards/pre-issue/waiting/physical"))
        let sent = ClientSnippets.urlRequest(request, to: url)
        #expect(sent.httpBody.map { Array($0) } == request.body)
        #expect(sent.value(forHTTPHeaderField: "X-KM-Tran-Token")?.utf8.count == 67)
        #expect(sent.value(forHTTPHeaderField: "Content-Type") == "application/json")

        let call = try await ends.server.open(request.headers, request.body, for: .waitingPhysicalCards)
        let answer = Array(#"{"issuedCardList":[{"cardApplyNo":"A1","status":"READY"}]}"#.utf8)
        let reply = try ends.server.seal(answer, answering: call, for: .waitingPhysicalCards)
        let names = reply.headers.map { ($0.name.rawName, $0.value) }
        let response = try #require(
            HTTPURLResponse(
                url: url,
                statusCode: 200,
                httpVersion: nil,
                headerFields: Dictionary(uniqueKeysWithValues: names)
            )
        )
        let fields = ClientSnippets.fields(of: response)
        let cards = try await ClientSnippets.cards(client, response.statusCode, fields, reply.body, answering: request)
        #expect(cards == ["READY"])
        let parameters = try await ClientSnippets.parameters(client, fields, reply.body, answering: request)
        #expect(parameters == answer)
    }

    @Test(arguments: [(PlatformError.notFoundIssuedCards, false), (.walletUserNotFound, true)])
    func theSnippetReadsErrorReplies(_ error: PlatformError, _ throwing: Bool) async throws {
        let request = try await ClientSnippets.request(client)
        let cards = { try await ClientSnippets.cards(client, 400, [:], error.result.body, answering: request) }
        for status in [401, 500, 502] {
            await #expect(throws: ClientSnippets.Rejected.self) {
                try await ClientSnippets.cards(client, status, [:], Array("<html>".utf8), answering: request)
            }
        }
        if throwing {
            await #expect(throws: ClientSnippets.Rejected.self) { try await cards() }
        } else {
            #expect(try await cards() == [])
        }
    }

    @Test func plainResponsesAndUnknownKeysAreRejected() async throws {
        let request = try await ClientSnippets.request(client)
        let plain = Array(#"{"issuedCardList":[]}"#.utf8)
        let call = try await ends.server.open(request.headers, request.body)
        let reply = try ends.server.seal(plain, answering: call, protection: .none)
        await #expect(throws: ClientSnippets.Rejected.self) {
            try await ClientSnippets.parameters(client, reply.headers, reply.body, answering: request)
        }
        let other = try CryptoKeyID.random()
        let sealed = try ends.server.seal(plain, answering: call)
        await #expect(throws: ClientSnippets.Rejected.self) {
            try await ClientSnippets.parameters(
                client,
                sealed.headers.with(.kmCryptoKeyID, other.text),
                sealed.body,
                answering: request
            )
        }
    }

    @Test func aCallInProgressSurvivesAKeyRotation() async throws {
        let fresh = try CryptoKeyID.random()
        let live = LiveKeyring(ends.clientRing)
        let client = try ClientSnippets.client(ends.secretKey, live)
        let ring = try ends.serverRing.adding(ClientAndServer.serverKey(fresh, issuedAt: .now))
        let server = try ServerSecurity(
            credentials: StaticCredentials([
                .accessKey(ends.accessKey): [
                    Credential(secretKey: ends.secretKey, aspID: ends.aspID, cryptoKeyIDs: [ends.keyID, fresh])
                ]
            ]),
            keyring: ring,
            configuration: .init(replayRetention: .seconds(3600))
        )
        let newKey = try ClientAndServer.clientKey(fresh, issuedAt: .now)
        var used: [String?] = []
        for isRotating in [true, false] {
            let request = try await client.seal(Array("{}".utf8), for: .waitingPhysicalCards)
            if isRotating { try ClientSnippets.rotate(live, newKey, ends.keyID) }
            used.append(request.headers[.kmCryptoKeyID])
            let call = try await server.open(request.headers, request.body, for: .waitingPhysicalCards)
            let reply = try server.seal(call.parameters, answering: call)
            let response = try await client.open(reply.headers, reply.body, answering: request)
            #expect(response.parameters == Array("{}".utf8))
        }
        #expect(used == [ends.keyID.text, fresh.text])
    }
}
