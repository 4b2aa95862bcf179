import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import Logging

/// The README's Swift blocks, exact but for their indentation.
struct ReadmeSnippets {
    let keyID: String
    let secretFile: String
    let clientKeyFile: String
    let certificateFile: String
    let send: @Sendable (SealedRequest) async throws -> (HTTPFields, [UInt8])

    func client() async throws -> [UInt8] {
        let client = try ClientSecurity(
            party: .serviceProvider(AccessKey("0123456789abcdef0123456789abcdef01234567")),
            aspID: AspID("000170000000000"),
            secretKey: SecretKey(SecretBytes(contentsOfFile: secretFile).withoutTrailingNewline()),
            keyring: CryptoKeyring(
                primary: CryptoKey(
                    id: CryptoKeyID(keyID),
                    certificate: Certificate(contentsOfFile: certificateFile),
                    decryptionKey: RSAPrivateKey(contentsOfFile: clientKeyFile),
                    issuedAt: Date(timeIntervalSince1970: 1_790_000_000)
                )
            ),
            configuration: .init(timeZone: .kst)
        )

        // Send request.headers and exactly these bytes of request.body with your HTTP client.
        let request = try await client.seal(Array(#"{"userId":50000104652}"#.utf8), for: .waitingPhysicalCards)

        // Open a response with HTTP 200. A 400 is not encrypted: PlatformError(parsing: body) reads it.
        let (responseHeaders, responseBody) = try await send(request)
        let response = try await client.open(responseHeaders, responseBody, answering: request)
        let parameters: [UInt8] = response.parameters
        return parameters
    }

    static func server(
        _ headers: HTTPFields,
        _ body: [UInt8],
        accessKey: AccessKey,
        secretKey: SecretKey,
        aspID: AspID,
        keyID: CryptoKeyID,
        keyring: CryptoKeyring,
        replayGuard: InMemoryReplayGuard,
        logger: Logger,
        answer: ([UInt8]) throws -> [UInt8]?
    ) async throws -> SealedResponse {
        let server = try ServerSecurity(
            credentials: StaticCredentials([
                .accessKey(accessKey): [Credential(secretKey: secretKey, aspID: aspID, cryptoKeyIDs: [keyID])]
            ]),
            keyring: keyring,
            replayGuard: replayGuard,
            configuration: .init(replayRetention: .seconds(3600), tolerance: .init(past: 300, future: 60)),
            logger: logger
        )

        // Pass the body as received, before anything parses it. The call is authentic, fresh, not a replay, and decrypted.
        let response = await server.respond(to: headers, body, for: .waitingPhysicalCards) { call in
            guard let answer = try answer(call.parameters) else { throw PlatformError.notFoundIssuedCards }
            return answer
        }
        return response
    }

    static func fields(
        _ client: ClientSecurity,
        _ server: ServerSecurity,
        _ parameters: [UInt8],
        _ answer: [UInt8]
    ) async throws -> (request: SealedRequest, received: [UInt8], answered: [UInt8]) {
        let endpoint = try Endpoint(
            "/api/v1/issued-cards/pre-issue/waiting/physical",
            request: .fields("$.physicalCardNo", "$.physicalCardExpDate", "$.physicalCardCVC"),
            response: .fields("$.issuedCardList[*].digital.cardNo", "$.issuedCardList[*].digital.mobileCardCVC")
        )
        let request = try await client.seal(parameters, for: endpoint)
        let call = try await server.open(request.headers, request.body, for: endpoint)
        let reply = try server.seal(answer, answering: call)
        let response = try await client.open(reply.headers, reply.body, answering: request)
        return (request, call.parameters, response.parameters)
    }
}
