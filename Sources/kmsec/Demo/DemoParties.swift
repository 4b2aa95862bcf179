import Foundation
import KMSecurity

/// Both ends of the demo's call, with throw-away keys and secrets.
struct DemoParties {
    /// The documented call.
    static let path = "/open-api/api/v1/issued-cards/pre-issue/waiting/physical"

    private static let aspID = "000170000000000"

    let keyID: CryptoKeyID
    let secretKey: SecretKey
    let server: ServerSecurity
    /// The server's, for the PARs of its cards.
    let tokenizer: PARTokenizer
    /// What the client's credentials are made of, to make others that are wrong in one place.
    private let accessKey: AccessKey
    private let serverPair: RSAPrivateKey
    private let clientPair: RSAPrivateKey
    private let profile: WireProfile

    init(profile: WireProfile) throws {
        self.profile = profile
        keyID = try CryptoKeyID.random()
        accessKey = try AccessKey(hexadecimal(SecureRandom.bytes(20)))
        secretKey = try SecretKey(SecretBytes(randomCount: 32))
        serverPair = try RSAPrivateKey.generate()
        clientPair = try RSAPrivateKey.generate()
        tokenizer = try PARTokenizer(
            TokenizationKey(SecretBytes(randomCount: TokenizationKey.generatedByteCount))
        )
        server = try ServerSecurity(
            credentials: StaticCredentials([
                .accessKey(accessKey): [
                    Credential(secretKey: secretKey, aspID: AspID(Self.aspID), cryptoKeyIDs: [keyID])
                ]
            ]),
            keyring: CryptoKeyring(
                CryptoKey(
                    id: keyID,
                    encryptionKey: clientPair.publicKey,
                    decryptionKey: serverPair,
                    issuedAt: .now
                )
            ),
            profile: profile,
            replayRetention: .seconds(3600)
        )
    }

    /// The client, with another clock or another key id where a refusal is to be shown.
    func client(keyID: CryptoKeyID? = nil, clock: @escaping WallClock = { Date() }) throws -> ClientSecurity {
        let key = try CryptoKey(
            id: keyID ?? self.keyID,
            encryptionKey: serverPair.publicKey,
            decryptionKey: clientPair,
            issuedAt: .now
        )
        return try ClientSecurity(
            aspID: AspID(Self.aspID),
            accessKey: accessKey,
            secretKey: secretKey,
            keyring: CryptoKeyring(key),
            timeZone: .kst,
            profile: profile,
            clock: clock
        )
    }

    /// The member and the card of the platform's sandbox.
    static let requestParameters = Array(
        """
        {"userId":50000104652,"physicalCardNo":"9491339401250765","physicalCardExpDate":"3108","physicalCardCVC":"211"}
        """.utf8
    )

    /// The answer to the documented request: the PAR is that of the card which was asked about.
    ///
    /// - Throws: ``KMError`` when the request names no card, or OpenSSL fails.
    func answer(_ request: [UInt8]) throws -> [UInt8] {
        /// What the answer takes of the request.
        struct Request: Decodable {
            let physicalCardNo: PAN
        }
        let card = try JSONDecoder().decode(Request.self, from: Data(request)).physicalCardNo
        return Self.answer(par: try tokenizer.par(for: card))
    }

    /// An answer of the documented shape.
    ///
    /// The mobile twin's number belongs to no issuer (its BIN begins with 9999); it shares the PAR of the card.
    static func answer(par: PAR) -> [UInt8] {
        Array(
            (#"{"response":{"code":"000_000","message":"Success."},"issuedCardList":[{"#
                + #""cardApplyNo":"A202611230000000000001","issueType":"ISSUE","digital":{"cardNo":"9999990000000014","#
                + #""par":"\#(par)","serviceId":"100000000000001","serviceName":"Demo Pay","#
                + #""mobileCardCVC":"737"},"status":"DIGITAL_ISSUED","values":{"balance":150000,"points":["#
                + #"{"policyType":"00","policyId":"P00000000000001","policyName":"Basic","amount":1200}]},"requester":"APP"}]}"#)
                .utf8
        )
    }
}
