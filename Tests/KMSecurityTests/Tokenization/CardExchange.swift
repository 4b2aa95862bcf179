import Foundation
import HTTPTypes
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport

/// A whole call with the test card number in many places of its parameters, and the values that both sides keep.
struct CardExchange: Sendable {
    let client: ClientSecurity
    let server: ServerSecurity
    let replayGuard: InMemoryReplayGuard
    let claims: [ReplayClaimRequest]
    let request: SealedRequest
    let call: OpenedRequest
    let reply: SealedResponse
    let opened: OpenedResponse

    /// Returns every kind of protection for ``CardInputs/parameters``.
    static func protections() throws -> [Protection] {
        [.none, .message, try .fields("$.physicalCardNo", "$.byCard[*]", "$.list[*].digital.cardNo")]
    }

    /// Makes one call for each protection.
    static func all() async throws -> [CardExchange] {
        var exchanges: [CardExchange] = []
        for protection in try protections() { exchanges.append(try await CardExchange(protection)) }
        return exchanges
    }

    private init(_ protection: Protection) async throws {
        let ends = try ClientAndServer()
        let kept = KeptKeys()
        replayGuard = kept.guarding
        client = try ClientSecurity(
            party: .serviceProvider(ends.accessKey),
            aspID: ends.aspID,
            secretKey: Self.secretKey(),
            keyring: CryptoKeyring(primary: ends.clientKey),
            configuration: .init(dataKeyCaching: .standard),
            clock: { ends.now }
        )
        server = try ServerSecurity(
            credentials: StaticCredentials([Self.caller(): [Self.credential()]]),
            keyring: CryptoKeyring([ends.serverKey], primary: nil),
            replayGuard: kept,
            configuration: .init(replayRetention: .seconds(3600), dataKeyCaching: .standard),
            clock: { ends.now }
        )
        request = try client.seal(CardInputs.parameters, protection: protection)
        call = try await server.open(request.headers, request.body, protection: protection)
        reply = try server.seal(CardInputs.parameters, answering: call, protection: protection)
        opened = try await client.open(reply.headers, reply.body, answering: request, protection: protection)
        claims = await kept.requests
    }

    static func secretKey() throws -> SecretKey { try SecretKey(SecretBytes(testCardNumber)) }

    static func caller() throws -> Caller { .accessKey(try ClientAndServer().accessKey) }

    static func credential() throws -> Credential {
        Credential(name: "first", insecureForAnyAspID: try secretKey(), cryptoKeyIDs: .insecureAny)
    }

    static func token(of body: [UInt8]) throws -> TranToken {
        try TranTokenSigner(secretKey()).sign(body, at: RequestStamp(date: ClientAndServer().now, timeZone: .kst))
    }

    static func certificate() throws -> Certificate {
        let now = try ClientAndServer().now
        return try .selfSigned(TestKeys.first(), commonName: testCardNumber, validity: now...now.addingTimeInterval(60))
    }

    static func certifiedKey() throws -> CryptoKey {
        let ends = try ClientAndServer()
        return CryptoKey(id: ends.keyID, certificate: try certificate(), issuedAt: ends.now)
    }

    /// Returns two ciphers with data-key caches, after they have sealed and opened the parameters.
    static func usedCiphers() throws -> [ParameterCipher] {
        let ends = try ClientAndServer()
        let sender = try ParameterCipher(keyring: CryptoKeyring(primary: ends.clientKey), dataKeyCaching: .standard)
        let receiver = try ParameterCipher(
            keyring: CryptoKeyring([ends.serverKey], primary: nil),
            dataKeyCaching: .standard
        )
        for protection in try protections() {
            let body = try sender.seal(CardInputs.parameters, protection, under: ends.keyID, at: ends.now)
            _ = try receiver.open(body, protection, under: ends.keyID)
        }
        return [sender, receiver]
    }
}

/// A replay guard that records the claims that it receives.
private actor KeptKeys: ReplayGuard {
    nonisolated let guarding = InMemoryReplayGuard(capacity: 10)
    private(set) var requests: [ReplayClaimRequest] = []

    func claim(_ request: ReplayClaimRequest) -> ReplayClaim {
        requests.append(request)
        return guarding.claim(request)
    }
}
