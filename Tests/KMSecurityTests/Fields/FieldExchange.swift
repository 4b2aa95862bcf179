import Foundation
import HTTPTypes

@testable import KMSecurity

/// A client and a server with matching keys and credentials, and a fixed clock.
struct FieldExchange {
    let client: ClientSecurity
    let server: ServerSecurity
    private let signer: TranTokenSigner

    init(_ profile: WireProfile = .documented, keyring: CryptoKeyring? = nil) throws {
        let accessKey = try AccessKey("0123456789abcdef0123456789abcdef01234567")
        let secretKey = try SecretKey(SecretBytes(copying: Array("a secret key of more than 32 bytes".utf8)))
        let ring = try keyring ?? CryptoKeyring(primary: FieldFixture.key())
        client = try ClientSecurity(
            party: .serviceProvider(accessKey),
            aspID: AspID("000170000000000"),
            secretKey: secretKey,
            keyring: ring,
            configuration: .init(timeZone: .kst, profile: profile),
            clock: { FieldFixture.now }
        )
        server = try ServerSecurity(
            credentials: StaticCredentials(insecureForAnyAspIDAndCryptoKey: [accessKey: [secretKey]]),
            keyring: ring,
            configuration: .init(replayRetention: .seconds(3600), profile: profile),
            clock: { FieldFixture.now }
        )
        signer = TranTokenSigner(secretKey)
    }

    /// Returns a request's headers with a valid token for another body, as a faulty or hostile client may send them.
    func signed(_ request: SealedRequest, _ body: [UInt8]) throws -> HTTPFields {
        let stamp = try RequestStamp(date: FieldFixture.now, timeZone: .kst)
        var headers = request.headers
        headers[.kmTranToken] = try signer.sign(body, at: stamp).text()
        return headers
    }

    /// Opens a request at the server, by the rules of `policy`.
    func receive(_ request: SealedRequest, _ policy: Endpoint) async throws -> OpenedRequest {
        try await server.open(request.headers, request.body, for: policy)
    }

    /// Opens a request at the server after replacing its body with `body` and signing it again.
    func receive(_ request: SealedRequest, _ body: [UInt8], _ policy: Endpoint) async throws -> OpenedRequest {
        try await server.open(signed(request, body), body, for: policy)
    }

    /// Returns a request and its opened form, which the server can answer.
    func call() async throws -> (request: SealedRequest, call: OpenedRequest) {
        let request = try client.seal(Array(FieldSamples.request.utf8), protection: .message)
        return (request, try await server.open(request.headers, request.body))
    }
}
