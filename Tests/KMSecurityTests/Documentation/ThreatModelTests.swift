import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// Checks which attacks succeed and which are rejected, as the article ThreatModel says.
struct ThreatModelTests {
    private let ends: ClientAndServer
    private let parameters = #"{"physicalCardNo":"9491339401250765"}"#.bytes

    init() throws { ends = try ClientAndServer() }

    @Test func aResponseForgedWithThePublicKeyIsAccepted() async throws {
        let client = try ends.client()
        let request = try client.seal(parameters, protection: .message)
        // The attacker needs only the client's public key and the request's headers, which are not encrypted.
        let key = try CryptoKey(id: ends.keyID, encryptionKey: TestKeys.second().publicKey, issuedAt: .now)
        let forged = try ParameterCipher(keyring: CryptoKeyring(primary: key)).seal(
            "{}".bytes,
            .message,
            under: key.id,
            at: ends.now
        )
        let names: [HTTPField.Name] = [.kmCorrelationID, .kmCryptoKeyID]
        let headers = HTTPFields(request.headers.filter { names.contains($0.name) })
        #expect(try await client.open(headers, forged, answering: request).parameters == "{}".bytes)
    }

    @Test(arguments: [(false, nil), (true, KMError.Code.fieldMismatch)])
    func onlyFieldLevelRejectsASwappedResponse(_ isByField: Bool, _ code: KMError.Code?) async throws {
        let (client, server) = (try ends.client(), try ends.server())
        let protection = isByField ? try Protection.fields("$.physicalCardNo") : .message
        let requests = try (0..<2).map { _ in try client.seal(parameters, protection: protection) }
        let call = try await server.open(requests[0].headers, requests[0].body, protection: protection)
        let reply = try server.seal(parameters, answering: call, protection: protection)
        let headers = reply.headers.with(.kmCorrelationID, requests[1].requestHeaders.correlationID.text)
        let found = await rejection {
            try await client.open(headers, reply.body, answering: requests[1], protection: protection)
        }
        #expect(found == code)
    }

    @Test(arguments: [(false, nil), (true, KMError.Code.fieldMismatch)])
    func onlyFieldLevelRejectsADelayedRequestWithNewTimes(_ isByField: Bool, _ code: KMError.Code?) async throws {
        let protection = isByField ? try Protection.fields("$.physicalCardNo") : .message
        let request = try ends.client().seal(parameters, protection: protection)
        let later = ends.now.addingTimeInterval(86_400)
        let stamp = try ends.client(at: later).seal("{}".bytes, protection: .none)
        let mac = request.requestHeaders.token.text().split(separator: ":")[2]
        let headers = stamp.headers
            .with(.kmTranToken, "KMV1:\(stamp.requestHeaders.token.timeDigits):\(mac)")
        let server = try ends.server(at: later)
        #expect(await rejection { try await server.open(headers, request.body, protection: protection) } == code)
        // With the original correlation id, to which the fields are bound, its time differs too much from the others.
        let own = headers.with(.kmCorrelationID, request.requestHeaders.correlationID.text)
        let found = await rejection { try await server.open(own, request.body, protection: protection) }
        #expect(found == .timeMismatch)
    }
}
