import Foundation
import KMSecurity

/// The client and the server of the demo, with temporary keys and secrets.
struct DemoParties {
    /// The path of the documented endpoint.
    static let path = "/open-api/api/v1/issued-cards/pre-issue/waiting/physical"

    private static let aspID = "000170000000000"

    let keyID: CryptoKeyID
    let secretKey: SecretKey
    let server: ServerSecurity
    /// The server's tokenizer, which derives the PARs of its cards.
    let tokenizer: PARTokenizer
    /// The parts of the client's credentials, kept to make clients with one wrong setting.
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
                primary: CryptoKey(
                    id: keyID,
                    encryptionKey: clientPair.publicKey,
                    decryptionKey: serverPair,
                    issuedAt: .now
                )
            ),
            configuration: .init(replayRetention: .seconds(3600), profile: profile)
        )
    }

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - keyID: The key id; nil for the right one. The server rejects any other.
    ///   - clock: The clock of the client. The server rejects requests with a time that is too old or too new.
    /// - Returns: The client.
    /// - Throws: ``KMError``.
    func client(keyID: CryptoKeyID? = nil, clock: @escaping WallClock = { Date() }) throws -> ClientSecurity {
        let key = try CryptoKey(
            id: keyID ?? self.keyID,
            encryptionKey: serverPair.publicKey,
            decryptionKey: clientPair,
            issuedAt: .now
        )
        return try ClientSecurity(
            party: .serviceProvider(accessKey),
            aspID: AspID(Self.aspID),
            secretKey: secretKey,
            keyring: CryptoKeyring(primary: key),
            configuration: .init(timeZone: .kst, profile: profile),
            clock: clock
        )
    }

    /// The parameters of the request, with the member and the card of the platform's sandbox.
    static let requestParameters = Array(
        """
        {"userId":50000104652,"physicalCardNo":"9491339401250765","physicalCardExpDate":"3108","physicalCardCVC":"211"}
        """.utf8
    )

    /// Makes the response to the documented request, with the PAR of the requested card.
    ///
    /// - Parameter request: The parameters of the request.
    /// - Returns: The parameters of the response.
    /// - Throws: ``KMError`` if the request contains no card number or OpenSSL fails.
    func answer(_ request: [UInt8]) throws -> [UInt8] {
        /// The part of the request that the response needs.
        struct Request: Decodable {
            let physicalCardNo: PAN
        }
        let card = try JSONDecoder().decode(Request.self, from: Data(request)).physicalCardNo
        return Self.answer(par: try tokenizer.par(for: card))
    }

    /// Makes a response of the documented shape.
    ///
    /// The number of the mobile card belongs to no issuer (its BIN begins with 9999). It shares the PAR of the physical
    /// card.
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
