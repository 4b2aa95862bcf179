import Foundation
import HTTPTypes
import KMSecurity

/// The README's Swift blocks, to the letter but for their indentation; ReadmeTests compares and runs them.
struct ReadmeSnippets {
    let keyID: String
    let secretFile: String
    let clientKeyFile: String
    let platformCertificate: [UInt8]
    let send: @Sendable (SealedRequest) async throws -> (HTTPFields, [UInt8])

    func client() async throws -> [UInt8] {
        let client = try ClientSecurity(
            aspID: AspID("000170000000000"),
            accessKey: AccessKey("0123456789abcdef0123456789abcdef01234567"),
            secretKey: SecretKey(SecretBytes(contentsOfFile: secretFile).withoutTrailingNewline()),
            keyring: CryptoKeyring(
                CryptoKey(
                    id: CryptoKeyID(keyID),
                    certificate: Certificate(parsing: platformCertificate),
                    decryptionKey: RSAPrivateKey(parsing: SecretBytes(contentsOfFile: clientKeyFile)),
                    issuedAt: Date(timeIntervalSince1970: 1_790_000_000)
                )
            ),
            timeZone: .kst
        )

        // Send request.headers and these very bytes of request.body, with what your HTTP client gives you.
        let request = try client.seal(Array(#"{"userId":50000104652}"#.utf8), protection: .message)

        // HTTP 200 opens; error replies are not encrypted: PlatformResult(parsing: body) reads them.
        let (responseHeaders, responseBody) = try await send(request)
        let response = try client.open(responseHeaders, responseBody, answering: request)
        let parameters: [UInt8] = response.parameters
        return parameters
    }

    static func server(
        _ headers: HTTPFields,
        _ body: [UInt8],
        accessKey: AccessKey,
        secretKey: SecretKey,
        keyring: CryptoKeyring,
        answer: ([UInt8]) -> [UInt8],
        log: (KMError) -> Void
    ) async throws -> SealedResponse {
        let server = try ServerSecurity(
            credentials: StaticCredentials([accessKey: [secretKey]]),
            keyring: keyring,
            tolerance: .init(past: 300, future: 60),
            replayGuard: .inMemory(capacity: 1_000_000)
        )

        do {
            // Verified, fresh, new and decrypted, or thrown. The body is what came in, before anything has parsed it.
            let call = try await server.open(headers, body)
            return try server.seal(answer(call.parameters), answering: call)
        } catch let error as KMError {
            // The error is for your log: it holds nothing secret. The caller is told one code for all of them.
            log(error)
            return server.publicResponse(to: error, answering: headers)
        }
    }

    static func fields(_ client: ClientSecurity, _ parameters: [UInt8]) throws -> SealedRequest {
        let policy = try EndpointPolicy(.fields("$.physicalCardNo", "$.cards[*].number"))
        let request = try client.seal(parameters, policy: policy)
        return request
    }
}
