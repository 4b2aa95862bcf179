import Foundation
import HTTPTypes
import KMSecurity
import Logging

/// The keys, secrets and clock from which tests make a server and its clients.
struct ReceivingScene: Sendable {
    /// 2027-03-05 12:34:56.789 UTC.
    static let start = Date(timeIntervalSince1970: 1_804_250_096.789)
    static let secretText = "a secret of thirty-two characters"
    static let card = "9491339401250765"
    static let parameters = Array(
        #"{"userId":50000104652,"physicalCardNo":"9491339401250765","physicalCardExpDate":"2709","physicalCardCVC":"837"}"#
            .utf8
    )

    private static let pairs = Result { (server: try RSAPrivateKey.generate(), client: try RSAPrivateKey.generate()) }

    let clock = ReceivingClock(ReceivingScene.start)
    let aspID: AspID
    let accessKey: AccessKey
    let secretKey: SecretKey
    let keyID: CryptoKeyID
    let clientKey: CryptoKey
    let serverKey: CryptoKey

    init() throws {
        aspID = try AspID("000170000000000")
        accessKey = try AccessKey("0123456789abcdef0123456789abcdef01234567")
        secretKey = try Self.secretKey(Self.secretText)
        keyID = try CryptoKeyID("5f1d7a0c3b9e48d2a6c4e8f01b2d3c4e")
        clientKey = try Self.clientKey(keyID)
        serverKey = try Self.serverKey(keyID)
    }

    static func secretKey(_ text: String) throws -> SecretKey {
        try SecretKey(SecretBytes(copying: Array(text.utf8)))
    }

    static func clientKey(_ id: CryptoKeyID, issuedAt: Date = start) throws -> CryptoKey {
        let pairs = try pairs.get()
        return try CryptoKey(
            id: id,
            encryptionKey: pairs.server.publicKey,
            decryptionKey: pairs.client,
            issuedAt: issuedAt
        )
    }

    static func serverKey(_ id: CryptoKeyID, issuedAt: Date = start) throws -> CryptoKey {
        let pairs = try pairs.get()
        return try CryptoKey(
            id: id,
            encryptionKey: pairs.client.publicKey,
            decryptionKey: pairs.server,
            issuedAt: issuedAt
        )
    }

    var serverPair: RSAPrivateKey { get throws { try Self.pairs.get().server } }

    var credentials: StaticCredentials { StaticCredentials(insecureForAnyAspIDAndCryptoKey: [accessKey: [secretKey]]) }

    func client(
        secretKey: SecretKey? = nil,
        timeZone: TimeZoneCode = .utc,
        profile: WireProfile = .documented
    ) throws -> ClientSecurity {
        try ClientSecurity(
            party: .serviceProvider(accessKey),
            aspID: aspID,
            secretKey: secretKey ?? self.secretKey,
            keyring: CryptoKeyring(primary: clientKey),
            configuration: .init(timeZone: timeZone, profile: profile),
            clock: clock.now
        )
    }

    func server(
        party: ServerSecurity.Party = .platform,
        credentials: (any CredentialSource)? = nil,
        keyring: (any KeyringSource)? = nil,
        profile: WireProfile = .documented,
        tolerance: TranTokenVerifier.Tolerance = .standard,
        replayGuard: any ReplayGuard = .inMemory(),
        replayRetention: ReplayRetention = .insecureFreshnessWindowOnly,
        correlationSkew: ServerSecurity.CorrelationSkew = .seconds(300),
        acceptsEmptyBodies: Bool = false,
        limits: ParameterLimits = .standard,
        logger: Logger? = nil
    ) throws -> ServerSecurity {
        try ServerSecurity(
            party: party,
            credentials: credentials ?? self.credentials,
            keyring: keyring ?? CryptoKeyring([serverKey], primary: nil),
            replayGuard: replayGuard,
            configuration: .init(
                replayRetention: replayRetention,
                tolerance: tolerance,
                correlationSkew: correlationSkew,
                insecureAllowingEmptyBodies: acceptsEmptyBodies,
                profile: profile,
                limits: limits
            ),
            logger: logger,
            clock: clock.now
        )
    }

    /// Returns the parts of a valid plain request, which a test can change as an attacker would.
    func draft(_ body: [UInt8] = ReceivingScene.parameters) -> ReceivingDraft {
        ReceivingDraft(
            secretKey: secretKey,
            body: body,
            aspID: aspID.text,
            accessKey: accessKey.text,
            cryptoKeyID: keyID.text
        )
    }
}
