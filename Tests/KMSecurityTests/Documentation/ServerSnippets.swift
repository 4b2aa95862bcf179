import Foundation
import HTTPTypes
import KMDiagnosis
import KMSecurity
import Logging

/// The Swift blocks of GettingStartedServer, to the letter but for their indentation.
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
            // What strangers can fill is bounded.
            if known.count >= 10_000 { known = [:] }
            known[caller] = found
            return found
        }

        func forget() { known = [:] }
    }

    actor CurrentServer {
        private(set) var server: ServerSecurity

        init(_ server: ServerSecurity) { self.server = server }

        func changeKeys(_ change: @Sendable (CryptoKeyring) throws -> CryptoKeyring) throws {
            server = try server.with(keyring: change(server.keyring))
        }

        func use(_ credentials: any CredentialSource) { server = server.with(credentials: credentials) }
    }

    struct SharedReplayGuard: ReplayGuard {
        /// The number of keys of a share that have not expired.
        let count: @Sendable (_ share: String) async throws -> Int
        /// Sets a key that does not exist, until a time; returns false where it exists.
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
            tolerance: .init(past: 300, future: 60),
            replayGuard: replayGuard,
            replayRetention: .seconds(3600),
            logger: Logger(label: "km")
        )
        return (credentials, server)
    }

    func handle(_ headers: HTTPFields, _ body: [UInt8]) async -> SealedResponse {
        await server.respond(to: headers, body, policy: .waitingPhysicalCards) { call in
            guard let answer = try await cards(call.parameters) else { throw PlatformResult.notFoundIssuedCards }
            return answer
        }
    }

    static func card(_ call: OpenedCall, _ tokenizer: PARTokenizer, _ logger: Logger) throws -> Data {
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

    static func byField(_ server: ServerSecurity, _ headers: HTTPFields, _ body: [UInt8]) async throws -> OpenedCall {
        let policy = try EndpointPolicy(
            request: .init(.fields("$.physicalCardNo", "$.physicalCardExpDate", "$.physicalCardCVC")),
            response: .init(.fields("$.issuedCardList[*].digital.cardNo", "$.issuedCardList[*].digital.mobileCardCVC"))
        )
        let call = try await server.open(headers, body, policy: policy)
        return call
    }

    static func loosely() throws -> EndpointPolicy {
        let points = try FieldSelection(["$.issuedCardList[*].values.points[*].policyId"], requiresMatches: .somewhere)
        let loose = EndpointPolicy(.fields(points))
        return loose
    }

    static func platform(
        _ parameters: [UInt8],
        aspID: AspID,
        callbackSecret: SecretKey,
        keyring: CryptoKeyring,
        send: (SealedRequest) async throws -> (Int, HTTPFields, [UInt8])
    ) async throws -> OpenedResponse {
        let platform = try ClientSecurity(
            aspID: aspID,
            accessKey: nil,
            secretKey: callbackSecret,
            keyring: keyring
        )
        let policy = EndpointPolicy(.message)
        let request = try platform.seal(parameters, policy: policy)

        // Send request.headers and these very bytes of request.body to the provider's callback endpoint.
        let (status, responseHeaders, responseBody) = try await send(request)
        guard status == 200 else { throw try PlatformResult(parsing: responseBody) }
        let response = try platform.open(responseHeaders, responseBody, answering: request, policy: policy)
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
            credentials: StaticCredentials([
                .callback(aspID): [
                    Credential(name: "platform", secretKey: callbackSecret, aspID: aspID, cryptoKeyIDs: [keyID])
                ]
            ]),
            keyring: keyring,
            replayGuard: replayGuard,
            replayRetention: .seconds(3600)
        )
        let response = await callbacks.respondToCallback(headers, body, policy: EndpointPolicy(.message)) { call in
            try await answer(call.parameters)
        }
        return response
    }

    static func rotated(
        _ current: CurrentServer,
        _ newKey: CryptoKey,
        _ newCredentials: StaticCredentials
    ) async throws -> ServerSecurity {
        try await current.changeKeys { try $0.adding(newKey) }
        await current.use(newCredentials)
        let server = await current.server
        return server
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
            replayRetention: .seconds(3600)
        )
        let client = try ClientSecurity(
            aspID: aspID,
            accessKey: accessKey,
            secretKey: secretKey,
            keyring: CryptoKeyring(
                CryptoKey(id: keyID, encryptionKey: ours.publicKey, decryptionKey: theirs, issuedAt: .now)
            )
        )

        let request = try client.seal(Array(#"{"userId":50000104652}"#.utf8))
        let call = try await server.open(request.headers, request.body)
        let reply = try server.seal(Array(#"{"issuedCardList":[]}"#.utf8), answering: call)
        let response = try client.open(reply.headers, reply.body, answering: request)

        do {
            _ = try await server.open(request.headers, request.body)
        } catch let error as KMError where error.code == .replayed {
            print("refused:", error)
        }
        return (call.parameters, response.parameters)
    }
}
