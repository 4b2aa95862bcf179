import Foundation
import HTTPTypes
import KMDiagnosis
import KMSecurity
import KMSecurityTestSupport
import Logging

/// The Swift blocks of GettingStartedServer, exact but for their indentation.
struct ServerSnippets {
    actor CachedCredentials: CredentialSource {
        private let load: @Sendable (Caller) async throws -> [Credential]
        private var known: [Caller: [Credential]] = [:]

        init(load: @escaping @Sendable (Caller) async throws -> [Credential]) {
            self.load = load
        }

        func credentials(for caller: Caller) async throws -> [Credential] {
            if let found = known[caller] { return found }
            let found = try await load(caller)
            // Bound the cache: anyone can ask for unknown callers.
            if known.count >= 10_000 { known = [:] }
            known[caller] = found
            return found
        }

        func forget() { known = [:] }
    }

    struct SharedReplayGuard: ReplayGuard {
        /// The number of keys of a share that have not expired.
        let count: @Sendable (_ share: String) async throws -> Int
        /// Sets a key that does not exist, until a time; returns false if it exists.
        let setIfAbsent: @Sendable (_ key: String, _ share: String, _ until: Date) async throws -> Bool
        let limit: Int

        func claim(_ request: ReplayClaimRequest) async throws -> ReplayClaim {
            let share = request.share.text
            guard try await count(share) < limit else { return .callerFull(limit: limit) }
            return try await setIfAbsent("km:\(request.key.text)", share, request.expiry) ? .first : .replayed
        }
    }

    /// A provider as its server knows it.
    struct Provider {
        let accessKey: AccessKey
        let secret: SecretKey
        let aspID: AspID
        let keyID: CryptoKeyID
        let certificate: Certificate
        let ourKey: RSAPrivateKey
        let issue: Date
    }

    let server: ServerSecurity
    let cards: @Sendable ([UInt8]) async throws -> [UInt8]?

    static func server(
        _ first: Provider,
        _ second: Provider,
        replayGuard: InMemoryReplayGuard
    ) throws -> (StaticCredentials, ServerSecurity) {
        let (firstAccessKey, firstSecret, firstAspID, firstKeyID) = (
            first.accessKey, first.secret, first.aspID, first.keyID
        )
        let (secondAccessKey, secondSecret) = (second.accessKey, second.secret)
        let (secondAspID, secondKeyID) = (second.aspID, second.keyID)
        let (firstCertificate, ourFirstKey, firstIssue) = (first.certificate, first.ourKey, first.issue)
        let (secondCertificate, ourSecondKey, secondIssue) = (second.certificate, second.ourKey, second.issue)

        let credentials = StaticCredentials([
            .accessKey(firstAccessKey): [
                Credential(name: "first 2026-11", secretKey: firstSecret, aspID: firstAspID, cryptoKeyIDs: [firstKeyID])
            ],
            .accessKey(secondAccessKey): [
                Credential(
                    name: "second 2026-09",
                    secretKey: secondSecret,
                    aspID: secondAspID,
                    cryptoKeyIDs: [secondKeyID]
                )
            ],
        ])

        let keyring = try CryptoKeyring(
            [
                CryptoKey(
                    id: firstKeyID,
                    certificate: firstCertificate,
                    decryptionKey: ourFirstKey,
                    issuedAt: firstIssue
                ),
                CryptoKey(
                    id: secondKeyID,
                    certificate: secondCertificate,
                    decryptionKey: ourSecondKey,
                    issuedAt: secondIssue
                ),
            ],
            primary: nil
        )
        let server = try ServerSecurity(
            credentials: credentials,
            keyring: keyring,
            replayGuard: replayGuard,
            configuration: .init(replayRetention: .seconds(3600), tolerance: .init(past: 300, future: 60)),
            logger: Logger(label: "km")
        )
        return (credentials, server)
    }

    func handle(_ headers: HTTPFields, _ body: [UInt8]) async -> SealedResponse {
        await server.respond(to: headers, body, for: .waitingPhysicalCards) { call in
            guard let answer = try await cards(call.parameters) else { throw PlatformError.notFoundIssuedCards }
            return answer
        }
    }

    static func card(_ call: OpenedRequest, _ tokenizer: PARTokenizer, _ logger: Logger) throws -> Data {
        struct Request: Decodable {
            let physicalCardNo: PAN
        }
        struct Card: Encodable {
            let cardNo: PAN.InsecureClearText
            let par: PAR
        }
        let pan = try call.decode(Request.self).physicalCardNo
        logger.debug("asked about", metadata: ["card": "\(pan.masked())"])
        let card = Card(cardNo: pan.insecureClearText, par: try tokenizer.par(for: pan))
        return try JSONEncoder().encode(card)
    }

    static func scan(_ bytes: [UInt8]) -> [PANFinding] {
        let findings = PANScanner.findings(in: bytes.span)
        for finding in findings { print(finding.line, finding.column, finding.masked) }
        return findings
    }

    static func byField(_ server: ServerSecurity, _ headers: HTTPFields, _ body: [UInt8]) async throws -> OpenedRequest
    {
        let endpoint = try Endpoint(
            "/api/v1/issued-cards/pre-issue/waiting/physical",
            request: .fields("$.physicalCardNo", "$.physicalCardExpDate", "$.physicalCardCVC"),
            response: .fields("$.issuedCardList[*].digital.cardNo", "$.issuedCardList[*].digital.mobileCardCVC")
        )
        let call = try await server.open(headers, body, for: endpoint)
        return call
    }

    static func loosely() throws -> Endpoint {
        let points = try FieldSelection(["$.issuedCardList[*].values.points[*].policyId"], presence: .atLeastOnce)
        let loose = Endpoint("/api/v1/points", response: .init(.fields(points)))
        return loose
    }

    static func cardInfo(_ tablePath: String) throws -> Endpoint {
        let table = try EndpointTable(contentsOfFile: tablePath)
        let cardInfo = try table.endpoint(.post, "/api/v1/user/card/info")
        return cardInfo
    }

    static func platform(
        _ parameters: [UInt8],
        aspID: AspID,
        callbackSecret: SecretKey,
        keyring: CryptoKeyring,
        send: (SealedRequest) async throws -> (Int, HTTPFields, [UInt8])
    ) async throws -> OpenedResponse {
        let platform = try ClientSecurity(
            party: .platform,
            aspID: aspID,
            secretKey: callbackSecret,
            keyring: keyring
        )
        let request = try await platform.seal(parameters, for: Endpoint("/callbacks/cards"))

        // Send request.headers and exactly these bytes of request.body to the provider's callback endpoint.
        let (status, responseHeaders, responseBody) = try await send(request)
        guard status == 200 else { throw try PlatformError(parsing: responseBody) }
        let response = try await platform.open(responseHeaders, responseBody, answering: request)
        return response
    }

    static func callback(
        _ headers: HTTPFields,
        _ body: [UInt8],
        aspID: AspID,
        callbackSecret: SecretKey,
        keyID: CryptoKeyID,
        keyring: CryptoKeyring,
        replayGuard: InMemoryReplayGuard,
        answer: ([UInt8]) async throws -> [UInt8]
    ) async throws -> SealedResponse {
        let callbacks = try ServerSecurity(
            party: .serviceProvider,
            credentials: StaticCredentials([
                .callback(aspID): [
                    Credential(name: "platform", secretKey: callbackSecret, aspID: aspID, cryptoKeyIDs: [keyID])
                ]
            ]),
            keyring: keyring,
            replayGuard: replayGuard,
            configuration: .init(replayRetention: .seconds(3600))
        )
        let response = await callbacks.respond(to: headers, body, for: Endpoint("/callbacks/cards")) { call in
            try await answer(call.parameters)
        }
        return response
    }

    static func rotate(
        _ keyring: LiveKeyring,
        _ credentials: LiveCredentials,
        _ newKey: CryptoKey,
        _ newCredentials: StaticCredentials
    ) throws {
        try keyring.update { try $0.adding(newKey) }
        credentials.replace(by: newCredentials)
    }

    static func bothEnds(
        print: (String, KMError) -> Void
    ) async throws -> (parameters: [UInt8], answer: [UInt8]) {
        let (ours, theirs) = (try RSAPrivateKey.generate(), try RSAPrivateKey.generate())
        let keyID = try CryptoKeyID.random()
        let aspID = try AspID("000170000000000")
        let accessKey = try AccessKey("0123456789abcdef0123456789abcdef01234567")
        let secretKey = try SecretKey(SecretBytes(randomCount: 32))

        let server = try ServerSecurity(
            credentials: StaticCredentials([
                .accessKey(accessKey): [Credential(secretKey: secretKey, aspID: aspID, cryptoKeyIDs: [keyID])]
            ]),
            keyring: CryptoKeyring(
                [CryptoKey(id: keyID, encryptionKey: theirs.publicKey, decryptionKey: ours, issuedAt: .now)],
                primary: nil
            ),
            configuration: .init(replayRetention: .seconds(3600))
        )
        let client = try ClientSecurity(
            party: .serviceProvider(accessKey),
            aspID: aspID,
            secretKey: secretKey,
            keyring: CryptoKeyring(
                primary: CryptoKey(id: keyID, encryptionKey: ours.publicKey, decryptionKey: theirs, issuedAt: .now)
            )
        )

        let request = try await client.seal(Array(#"{"userId":50000104652}"#.utf8), for: .waitingPhysicalCards)
        let call = try await server.open(request.headers, request.body, for: .waitingPhysicalCards)
        let reply = try server.seal(Array(#"{"issuedCardList":[]}"#.utf8), answering: call)
        let response = try await client.open(reply.headers, reply.body, answering: request)

        do {
            _ = try await server.open(request.headers, request.body, for: .waitingPhysicalCards)
        } catch let error as KMError where error.code == .replayed {
            print("rejected:", error)
        }
        return (call.parameters, response.parameters)
    }
}
