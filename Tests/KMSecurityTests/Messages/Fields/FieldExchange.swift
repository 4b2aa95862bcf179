import HTTPTypes
import KMSecurityTestSupport
import KMTestSupport

@testable import KMSecurity

extension ClientAndServer {
    /// Returns ends that both use ``FieldFixture``'s key, or `keyring`.
    static func fields(_ profile: WireProfile = .documented, keyring: CryptoKeyring? = nil) throws -> ClientAndServer {
        let ring = try keyring ?? CryptoKeyring(primary: FieldFixture.key())
        return try ClientAndServer(profile, at: FieldFixture.now, keyring: ring)
    }

    /// Returns a request's headers with a valid token for another body, as a faulty or hostile client may send them.
    func signed(_ request: SealedRequest, _ body: [UInt8]) throws -> HTTPFields {
        let stamp = try RequestStamp(date: now, timeZone: .kst)
        return request.headers.with(.kmTranToken, try TranTokenSigner(secretKey).sign(body, at: stamp).text())
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
        let request = try client().seal(FieldSamples.request.bytes, protection: .message)
        return (request, try await server.open(request.headers, request.body))
    }
}
