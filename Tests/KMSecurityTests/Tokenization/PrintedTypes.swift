import Foundation
import HTTPTypes
import KMDiagnosis
import KMJOSE
import KMJSON
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import KMVectors
import Testing

/// A public type, and everything that its values print when they are made from the test card number.
struct PrintedType: Sendable, CustomTestStringConvertible {
    let name: String
    let texts: @Sendable () async throws -> [String]

    init<Value>(_ type: Value.Type, _ values: @escaping @Sendable () async throws -> [Value]) {
        name = String(reflecting: type)
        texts = { try await values().flatMap { printings(of: $0) } }
    }

    var testDescription: String { name }
}

extension PrintedType {
    private static let card = testCardNumber

    static let all = primitives + jose + tokenization + tokens + headers + exchange + vectors + judgments

    private static let secret: @Sendable () throws -> SecretBytes = { try SecretBytes(card) }

    private static let primitives = [
        PrintedType(SecretBytes.self) { [try secret()] },
        PrintedType(AESGCM.self) { [try AESGCM(key: secret())] },
        PrintedType(HMACSHA256.self) { [try HMACSHA256(key: secret())] },
        PrintedType(HMACSHA256.MAC.self) { [HMACSHA256.MAC((card + card).bytes)].compactMap(\.self) },
        PrintedType(Certificate.self) { [try CardExchange.certificate()] },
        PrintedType(KMError.self) {
            [
                thrownError { try PAN("\(card)0") }, thrownError { try CryptoKeyID(card) },
                thrownError { try TranToken(card) }, thrownError { try PAR(card) },
            ].compactMap(\.self)
        },
        PrintedType(JSONScanner.self) {
            let document = CardInputs.parameters
            var scanner = JSONScanner()
            var met: [JSONScanner] = []
            while try scanner.next(in: document.span) != .end { met.append(scanner) }
            return met
        },
    ]

    private static let judgments = [
        PrintedType(ReceivedRequest.self) { [try cardRequest()] },
        PrintedType(ReceivedResponse.self) {
            [ReceivedResponse(status: .ok, headers: HTTPFields(), body: CardInputs.parameters, date: .distantPast)]
        },
        PrintedType(Judgment.self) { try await cardJudgments() },
        PrintedType(Judgment.Step.self) { try await cardJudgments().flatMap(\.steps) },
        PrintedType(Judgment.Difference.self) { try await cardJudgments().flatMap(\.steps).compactMap(\.difference) },
    ]

    /// A request with the card number in every place.
    private static func cardRequest() throws -> ReceivedRequest {
        var fields = HTTPFields()
        let names: [HTTPField.Name] = [
            .kmUserAspID, .kmCorrelationID, .kmAccessKey, .kmCryptoKeyID, .kmTranToken, .kmTranTime, .kmTimeZone,
        ]
        for name in names { fields[name] = card }
        if let name = HTTPField.Name("X-KM-\(card)") { fields[name] = card }
        return ReceivedRequest(
            method: .post,
            path: "/\(card)",
            headers: fields,
            body: CardInputs.parameters,
            date: ClientAndServer.start
        )
    }

    /// Judgments of that request and of a valid one with plain parameters.
    private static func cardJudgments() async throws -> [Judgment] {
        let ends = try ClientAndServer()
        let judge = RequestJudge(.init(credentials: ends.credentials(ends.secretKey), keyring: ends.serverRing))
        var request = try cardRequest()
        var judgments: [Judgment] = []
        for endpoint in [nil, Endpoint.waitingPhysicalCards, .waitingPhysicalCardsByField, .test(.none)] {
            judgments.append(await judge.judge(request, endpoint: endpoint).judgment)
        }
        request.headers = try ends.draft(request.body).fields()
        for endpoint in [Endpoint.waitingPhysicalCards, .waitingPhysicalCardsByField, .test(.none)] {
            judgments.append(await judge.judge(request, endpoint: endpoint).judgment)
        }
        return judgments
    }

    private static let jose = [
        PrintedType(JWEHeader.self) { [header, try JWEHeader(parsing: header.json)] },
        PrintedType(JWEHeader.PrivateParameter.self) { header.privateParameters },
        PrintedType(JWEEncryptor.self) { [try JWEEncryptor(to: TestKeys.first().publicKey, header: header)] },
        PrintedType(JWECompact.self) {
            let encoded = Base64.url.encode(header.json)
            let made = try JWEEncryptor(to: TestKeys.first().publicKey, header: header).encrypt(card.bytes)
            let text = Base64.url.encode(card.bytes)
            let clear = "\(encoded).\(text).MTIzNDU2Nzg5MDEy.\(text).MTIzNDU2Nzg5MDEyMzQ1Ng".bytes
            return [try JWECompact(parsing: made.span), try JWECompact(parsing: clear.span)]
        },
        PrintedType(JWEDecryptor.Message.self) {
            let made = try JWEEncryptor(to: TestKeys.first().publicKey, header: header).encrypt(card.bytes)
            return [try JWEDecryptor(with: TestKeys.first()).decrypt(made)]
        },
    ]

    private static var header: JWEHeader {
        JWEHeader(
            encryption: .a256GCM,
            keyID: card,
            contentType: card,
            privateParameters: [.init(name: card, value: "1"), .init(name: "path", value: "$['\(card)']")]
        )
    }

    private static let tokenization = [
        PrintedType(PAN.self) { [try PAN(card), try PAN("9491 3394 0125 0765", separators: .spacesAndHyphens)] },
        PrintedType(PAN.InsecureClearText.self) { [try PAN(card).insecureClearText] },
        PrintedType(TokenizationKey.self) { [try TokenizationKey(SecretBytes("a key of \(card)"))] },
        PrintedType(PANScanner.self) {
            var scanner = PANScanner()
            let document = Array("{\"a\":\"\(card)\"".utf8)
            scanner.append(document.span) { _ in }
            return [scanner]
        },
        PrintedType(PANFinding.self) {
            let document = Array("{\"\(card)\":\"\(card)\"} \(card)".utf8)
            return PANScanner.findings(in: document.span)
        },
        PrintedType(PARAudit.self) { [try leakyAudit()] },
        PrintedType(PARAuditReport.self) { [try leakyAudit().report()] },
        PrintedType(PARAuditReport.Detectable.self) { try leakyAudit().report().detectable },
        PrintedType(PARFinding.self) { try leakyAudit().report().findings },
        PrintedType(PARFinding.Prediction.self) { try leakyAudit().report().findings.flatMap(\.predictions) },
        PrintedType(PARTokenizer.self) {
            let tokenizer = try PARTokenizer(TokenizationKey(SecretBytes("a key of \(card)")))
            _ = try tokenizer.par(for: PAN(card))
            return [tokenizer]
        },
        PrintedType(PARTokenizer.Derivation.self) {
            try PARTokenizer(TokenizationKey(SecretBytes("a key of \(card)"))).derivations(for: PAN(card))
        },
    ]

    private static let tokens = [
        PrintedType(SecretKey.self) { [try SecretKey(secret())] },
        PrintedType(TranTokenSigner.self) { [TranTokenSigner(try SecretKey(secret()))] },
        PrintedType(TranTokenVerifier.self) { [TranTokenVerifier(try SecretKey(secret()))] },
        PrintedType(TranToken.self) { try await CardExchange.all().map(\.call.headers.token) },
        PrintedType(TokenDiagnosis.self) {
            let token = try CardExchange.token(of: CardInputs.parameters).text()
            return try [token, card, "KMV1:\(card)0:\(card)"].flatMap { token in
                try [CardInputs.parameters, card.bytes, "\(card)\n".bytes].map {
                    try TokenDiagnosis.explain(token: token, body: $0, secret: secret())
                }
            }
        },
        PrintedType(ReplayKey.self) { try await CardExchange.all().flatMap(\.claims).map(\.key) },
        PrintedType(ReplayShare.self) { try await CardExchange.all().flatMap(\.claims).map(\.share) },
        PrintedType(ReplayClaimRequest.self) { try await CardExchange.all().flatMap(\.claims) },
        PrintedType(InMemoryReplayGuard.self) { try await CardExchange.all().map(\.replayGuard) },
    ]

    private static let headers = [
        PrintedType(RequestHeaders.self) { try await CardExchange.all().map(\.call.headers) },
        PrintedType(ResponseHeaders.self) { try await CardExchange.all().map(\.opened.headers) },
        PrintedType(HeaderRule.Finding.self) {
            let rules = HeaderRule.Kind.allCases.flatMap(HeaderRule.rules)
            let findings = try CardInputs.headerFields().flatMap { fields in rules.compactMap { $0.finding(fields) } }
            return Array(Set(findings))
        },
    ]

    private static let exchange = [
        PrintedType(ClientSecurity.self) { try await CardExchange.all().map(\.client) },
        PrintedType(ServerSecurity.self) { try await CardExchange.all().map(\.server) },
        PrintedType(SealedRequest.self) { try await CardExchange.all().map(\.request) },
        PrintedType(OpenedRequest.self) { try await CardExchange.all().map(\.call) },
        PrintedType(SealedResponse.self) {
            try await CardExchange.all().flatMap { exchange in
                let result = PlatformResult(code: card, message: card, description: card)
                return [exchange.reply]
                    + [try PlatformError(result), .invalidCardInfo].map {
                        exchange.server.reject($0, answering: exchange.request.headers)
                    }
            }
        },
        PrintedType(OpenedResponse.self) { try await CardExchange.all().map(\.opened) },
        PrintedType(PlatformError.self) {
            [try PlatformError(PlatformResult(code: card, message: "no card \(card)", description: card))]
        },
        PrintedType(PlatformResult.self) {
            let made = PlatformResult(code: card, message: "no card \(card)", description: "9491-3394-0125-0765")
            return [made, try PlatformResult(parsing: made.body), PlatformResult(code: "003_011", message: card)]
        },
        PrintedType(Credential.self) { [try CardExchange.credential()] },
        PrintedType(StaticCredentials.self) {
            [StaticCredentials([try CardExchange.caller(): [try CardExchange.credential()]])]
        },
        PrintedType(ParameterCipher.self) { try CardExchange.usedCiphers() },
        PrintedType(CryptoKey.self) { [try CardExchange.certifiedKey()] },
        PrintedType(CryptoKeyring.self) { [try CryptoKeyring(primary: try CardExchange.certifiedKey())] },
    ]

    private static let vectors = [
        PrintedType(VectorReport.self) { try CardInputs.vectorReports() },
        PrintedType(VectorFailure.self) { try CardInputs.vectorReports().flatMap(\.failures) },
        PrintedType(VectorSkip.self) { try CardInputs.vectorReports().flatMap(\.skips) },
    ]
}

/// Returns an audit of PARs that contain their PANs.
private func leakyAudit() throws -> PARAudit {
    var audit = PARAudit()
    for number in [testCardNumber, "4111111111111111", "4012888888881881", "5555555555554444", "5105105105105100"] {
        try audit.append(pan: PAN(number), par: "Q1\(number)")
    }
    return audit
}
