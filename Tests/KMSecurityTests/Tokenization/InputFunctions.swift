import Foundation
import HTTPTypes
import KMDiagnosis
import KMJOSE
import KMJSON
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport

/// The public functions that take bytes or a text and may throw.
///
/// Each returns a value that is safe to print, or nil if its result is data.
struct InputFunctions {
    typealias Function = (name: String, call: ([UInt8]) throws -> Any?)

    private let ends: ClientAndServer
    private let client: ClientSecurity
    private let request: SealedRequest
    private let replyHeaders: HTTPFields
    private let cipher: ParameterCipher
    private let selections: [FieldSelection]

    init() throws {
        ends = try ClientAndServer()
        client = try ends.client()
        request = try client.seal(CardInputs.parameters, protection: .message)
        var headers = HTTPFields()
        headers[.kmCorrelationID] = request.headers[.kmCorrelationID]
        headers[.kmCryptoKeyID] = ends.keyID.text
        replyHeaders = headers
        // A keyring with the public and the private key of one pair, which opens what it seals.
        let pair = try TestKeys.first()
        cipher = try ParameterCipher(
            keyring: CryptoKeyring(
                primary: CryptoKey(
                    id: ends.keyID,
                    encryptionKey: pair.publicKey,
                    decryptionKey: pair,
                    issuedAt: ends.now
                )
            )
        )
        selections = try [
            ["$.physicalCardNo", "$.byCard[*]", "$.list[*].digital.cardNo"], ["$[*]"], ["$[*][*]"], ["$.encData"],
            ["$[0]"],
        ].map { try FieldSelection($0) }
    }

    /// Returns ``CardInputs/parameters``, sealed with each kind of protection.
    func sealed() throws -> [[UInt8]] {
        try CardExchange.protections().map {
            try cipher.seal(CardInputs.parameters, $0, under: ends.keyID, at: ends.now)
        }
    }

    /// The functions that take a body, a message, a key or a JSON text.
    var ofBytes: [Function] {
        [
            ("PAN", { try PAN($0.span) }),
            ("PAN, separators", { try PAN($0.span, digitCount: 16, separators: .spacesAndHyphens) }),
            ("PARTokenizer.par", { try tokenizer().par(forDigits: $0.span) }),
            ("TokenizationKey", { try TokenizationKey(SecretBytes(copying: $0)) }),
            ("SecretKey", { try SecretKey(SecretBytes(copying: $0)) }),
            ("AESGCM", { try AESGCM(key: SecretBytes(copying: $0)) }),
            (
                "AESGCM.open",
                { bytes in
                    try AESGCM(key: SecretBytes(testCardNumber)).open(
                        bytes,
                        tag: bytes,
                        iv: bytes,
                        associatedData: bytes
                    )
                }
            ),
            ("Certificate", { try Certificate(parsing: $0) }),
            ("RSAPublicKey", { try RSAPublicKey(parsing: $0) }),
            ("RSAPublicKey, numbers", { try RSAPublicKey(modulus: $0, publicExponent: $0) }),
            ("RSAPublicKey, JWK", { try RSAPublicKey(jwk: $0) }),
            ("RSAPrivateKey", { try RSAPrivateKey(parsing: $0) }),
            (
                "RSAPrivateKey, passphrase",
                {
                    try RSAPrivateKey(parsing: SecretBytes(copying: $0), passphrase: SecretBytes(testCardNumber))
                }
            ),
            ("RSAPrivateKey, JWK", { try RSAPrivateKey(jwk: $0) }),
            ("RSAPrivateKey.decryptOAEP", { try TestKeys.first().decryptOAEP($0) }),
            (
                "RSAPublicKey.encryptOAEP",
                { bytes in
                    _ = try TestKeys.first().publicKey.encryptOAEP(bytes)
                    return nil
                }
            ),
            ("JWECompact", { try JWECompact(parsing: $0.span) }),
            ("JWEHeader", { try JWEHeader(parsing: $0) }),
            ("JWEDecryptor", { try JWEDecryptor(with: TestKeys.first()).decrypt($0, keyID: ends.keyID.text) }),
            (
                "EncryptedBody",
                { bytes in
                    _ = try JWEDecryptor(with: TestKeys.first()).decrypt(EncryptedBody.message(of: bytes))
                    return nil
                }
            ),
            (
                "JSONScanner",
                { bytes in
                    var scanner = JSONScanner()
                    while try scanner.next(in: bytes.span) != .end {}
                    return scanner
                }
            ),
            ("PlatformResult", { try PlatformResult(parsing: $0) }),
            (
                "TokenDiagnosis",
                {
                    try TokenDiagnosis.explain(
                        token: CardExchange.token(of: CardInputs.parameters).text(),
                        body: Array($0.prefix(64)),
                        secret: SecretBytes(testCardNumber)
                    )
                }
            ),
            (
                "ParameterCipher.encrypt",
                { bytes in
                    for selection in selections {
                        _ = try cipher.seal(bytes, .fields(selection), under: ends.keyID, at: ends.now)
                    }
                    return nil
                }
            ),
            (
                "ParameterCipher.decrypt",
                { bytes in
                    _ = try cipher.open(bytes, .message, under: ends.keyID)
                    return nil
                }
            ),
            ("ClientSecurity.seal", { try client.seal($0, protection: .message) }),
            ("ClientSecurity.open", { try client.openLocally(replyHeaders, $0, answering: request) }),
        ] + ofFields + ofCodables
    }

    private func tokenizer() throws -> PARTokenizer { try PARTokenizer(TokenizationKey(SecretBytes(testCardNumber))) }

    private var ofFields: [Function] {
        selections.flatMap { selection -> [Function] in
            [
                (
                    "FieldMatcher \(selection.paths)",
                    { bytes in
                        _ = try FieldMatcher.matches(
                            selection,
                            in: bytes.span,
                            limits: ParameterLimits.standard.matcherLimits
                        )
                        return nil
                    }
                ),
                (
                    "ParameterCipher.encrypt \(selection.paths)",
                    { bytes in
                        _ = try cipher.seal(bytes, .fields(selection), under: ends.keyID, at: ends.now)
                        return nil
                    }
                ),
                (
                    "ParameterCipher.decrypt \(selection.paths)",
                    { bytes in
                        _ = try cipher.open(bytes, .fields(selection), under: ends.keyID)
                        return nil
                    }
                ),
                (
                    "ClientSecurity.open \(selection.paths)",
                    {
                        try client.openLocally(
                            replyHeaders,
                            $0,
                            answering: request.with(endpoint: .test(.fields(selection)))
                        )
                    }
                ),
            ]
        }
    }

    private struct Card: Decodable {
        let physicalCardNo: PAN
    }

    private struct Reference: Decodable {
        let physicalCardNo: PAR
    }

    private var ofCodables: [Function] {
        [
            ("PAN, decoded", { try JSONDecoder().decode(Card.self, from: Data($0)).physicalCardNo }),
            ("PAR, decoded", { try JSONDecoder().decode(Reference.self, from: Data($0)).physicalCardNo }),
            ("PANs by name, decoded", { try JSONDecoder().decode([String: PAN].self, from: Data($0)).count }),
            ("PARs by name, decoded", { try JSONDecoder().decode([String: PAR].self, from: Data($0)).count }),
            (
                "PAN.InsecureClearText, decoded",
                {
                    try JSONDecoder().decode([String: PAN.InsecureClearText].self, from: Data($0)).count
                }
            ),
            (
                "OpenedResponse.decode",
                { bytes in
                    let opened = try client.openLocally(
                        replyHeaders,
                        bytes,
                        answering: request.with(endpoint: .test(.none))
                    )
                    return [
                        try opened.decode([String: [String: PAN]].self).count, try opened.decode([UInt64].self).count,
                    ]
                }
            ),
        ]
    }

    /// The functions that take a text, such as a header value or a path.
    var ofTexts: [(name: String, call: (String) throws -> Any?)] {
        [
            ("PAN", { try PAN($0) }), ("PAR.Prefix", { try PAR.Prefix($0) }), ("TranTime", { try TranTime($0) }),
            ("TimeZoneCode", { try TimeZoneCode($0) }), ("TranToken", { try TranToken($0) }),
            ("CorrelationID", { try CorrelationID($0) }),
            ("RequestStamp", { try RequestStamp(timeDigits: $0, timeZone: .utc) }),
            // These values print their text on purpose: see TypesWithoutInput.
            ("AspID", quietly(AspID.init(_:))), ("AccessKey", quietly(AccessKey.init(_:))),
            ("CryptoKeyID", quietly(CryptoKeyID.init(_:))), ("JSONPath", quietly(JSONPath.init(_:))),
            ("PAR", quietly { try PAR($0) }), ("PAR of 27", quietly { try PAR($0, format: .platform) }),
            (
                "Certificate.selfSigned",
                { text in
                    try Certificate.selfSigned(TestKeys.first(), commonName: text, validity: ends.now...ends.now)
                }
            ),
            (
                "JWEEncryptor",
                { text in
                    let parameters = [JWEHeader.PrivateParameter(name: text, value: text)]
                    let header = JWEHeader(
                        encryption: .a128GCM,
                        keyID: text,
                        privateParameters: parameters + parameters
                    )
                    return try JWEEncryptor(to: TestKeys.first().publicKey, header: header)
                }
            ),
            (
                "TokenDiagnosis",
                {
                    try TokenDiagnosis.explain(token: $0, body: Array($0.utf8.prefix(64)), secret: SecretBytes($0))
                }
            ),
        ]
    }
}

/// Returns a function that calls `make` and returns nil, so that its result is not printed.
private func quietly<Value>(_ make: @escaping (String) throws -> Value) -> (String) throws -> Any? {
    { text in
        _ = try make(text)
        return nil
    }
}
