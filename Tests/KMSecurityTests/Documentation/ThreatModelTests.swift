import Foundation
import HTTPTypes
import KMSecurity
import KMTestSupport
import Testing

/// What ThreatModel says passes does, and what it says is refused is.
struct ThreatModelTests {
    private let world: World
    private let parameters = #"{"physicalCardNo":"9491339401250765"}"#.bytes

    init() throws { world = try World() }

    @Test func aMadeUpResponsePasses() async throws {
        let client = try world.client()
        let request = try client.seal(parameters, protection: .message)
        // All that it takes is the client's public key, and the headers that the request carried in the clear.
        let key = try CryptoKey(id: world.keyID, encryptionKey: TestKeys.second().publicKey, issuedAt: .now)
        let forged = try ParameterCipher(keyring: CryptoKeyring(primary: key)).seal(
            "{}".bytes,
            .message,
            under: key.id,
            at: world.now
        )
        let names: [HTTPField.Name] = [.kmCorrelationID, .kmCryptoKeyID]
        let headers = HTTPFields(request.headers.filter { names.contains($0.name) })
        #expect(try await client.open(headers, forged, answering: request).parameters == "{}".bytes)
    }

    @Test(arguments: [(false, nil), (true, KMError.Code.fieldMismatch)])
    func aResponseInAnothersPlace(_ isByField: Bool, _ code: KMError.Code?) async throws {
        let (client, server) = (try world.client(), try world.server())
        let protection = isByField ? try Protection.fields("$.physicalCardNo") : .message
        let requests = try (0..<2).map { _ in try client.seal(parameters, protection: protection) }
        let call = try await server.open(requests[0].headers, requests[0].body, protection: protection)
        let reply = try server.seal(parameters, answering: call, protection: protection)
        let headers = reply.headers.with(.kmCorrelationID, requests[1].requestHeaders.correlationID.text)
        let found = await refusal {
            try await client.open(headers, reply.body, answering: requests[1], protection: protection)
        }
        #expect(found == code)
    }

    @Test(arguments: [(false, nil), (true, KMError.Code.fieldMismatch)])
    func aRequestThatWasHeldBack(_ isByField: Bool, _ code: KMError.Code?) async throws {
        let protection = isByField ? try Protection.fields("$.physicalCardNo") : .message
        let request = try world.client().seal(parameters, protection: protection)
        let later = world.now.addingTimeInterval(86_400)
        let stamp = try world.client(at: later).seal("{}".bytes, protection: .none)
        let mac = request.requestHeaders.token.text().split(separator: ":")[2]
        let headers = stamp.headers
            .with(.kmTranToken, "KMV1:\(stamp.requestHeaders.token.timeDigits):\(mac)")
        let server = try world.server(at: later)
        #expect(await refusal { try await server.open(headers, request.body, protection: protection) } == code)
        // With the correlation id that the fields are bound to, its time is too far from the others.
        let own = headers.with(.kmCorrelationID, request.requestHeaders.correlationID.text)
        let found = await refusal { try await server.open(own, request.body, protection: protection) }
        #expect(found == .timeMismatch)
    }
}
