import Foundation
import HTTPTypes
import KMSecurity
import KMTestSupport
import Logging

/// A client and a server with matching keys and credentials, and one clock that a test can set.
struct ClientAndServer: Sendable {
    /// 2027-03-05 12:34:56.789 UTC.
    static let start = Date(timeIntervalSince1970: 1_804_250_096.789)
    static let keyText = "0123456789abcdef0123456789abcdef"
    static let otherKeyText = "fedcba9876543210fedcba9876543210"
    static let secretText = "q7Zx-9vKw!Jp2LrM8nTb4YcD6fHs0GaQuVi3XoWk"
    static let card = "9491339401250765"
    static let parameters =
        #"{"userId":50000104652,"physicalCardNo":"9491339401250765","physicalCardExpDate":"2709","physicalCardCVC":"837"}"#
        .bytes

    let clock: SettableClock
    let keyID: CryptoKeyID
    let otherKeyID: CryptoKeyID
    let aspID: AspID
    let accessKey: AccessKey
    let secretKey: SecretKey
    /// The client's crypto key for ``keyID``: the server's public key and the client's private key.
    let clientKey: CryptoKey
    /// The server's crypto key for ``keyID``: the client's public key and the server's private key.
    let serverKey: CryptoKey
    let clientRing: CryptoKeyring
    let serverRing: CryptoKeyring
    /// A server with the default settings, which keeps its replay memory between calls.
    let server: ServerSecurity

    /// Creates both ends, with the clock at `start`.
    ///
    /// If `keyring` is not nil, both ends use it.
    init(_ profile: WireProfile = .documented, at start: Date = start, keyring: CryptoKeyring? = nil) throws {
        clock = SettableClock(start)
        keyID = try CryptoKeyID(Self.keyText)
        otherKeyID = try CryptoKeyID(Self.otherKeyText)
        aspID = try AspID("000170000000000")
        accessKey = try AccessKey("0123456789abcdef0123456789abcdef01234567")
        secretKey = try Self.secretKey(Self.secretText)
        clientKey = try Self.clientKey(keyID, issuedAt: start)
        serverKey = try Self.serverKey(keyID, issuedAt: start)
        clientRing = try keyring ?? CryptoKeyring(primary: clientKey)
        serverRing = try keyring ?? CryptoKeyring([serverKey], primary: nil)
        server = try ServerSecurity(
            credentials: StaticCredentials(insecureForAnyAspIDAndCryptoKey: [accessKey: [secretKey]]),
            keyring: serverRing,
            configuration: .init(replayRetention: .seconds(3600), profile: profile),
            clock: clock.now
        )
    }

    var now: Date { clock.now() }

    static func secretKey(_ text: String) throws -> SecretKey { try SecretKey(SecretBytes(text)) }

    static func clientKey(_ id: CryptoKeyID, issuedAt: Date = start) throws -> CryptoKey {
        let (theirs, own) = (try TestKeys.first(), try TestKeys.second())
        return try CryptoKey(id: id, encryptionKey: theirs.publicKey, decryptionKey: own, issuedAt: issuedAt)
    }

    static func serverKey(_ id: CryptoKeyID, issuedAt: Date = start) throws -> CryptoKey {
        let (theirs, own) = (try TestKeys.second(), try TestKeys.first())
        return try CryptoKey(id: id, encryptionKey: theirs.publicKey, decryptionKey: own, issuedAt: issuedAt)
    }

    /// Returns a keyring of one key in `state`, without a primary key.
    func ring(_ key: CryptoKey, _ state: CryptoKey.State) throws -> CryptoKeyring {
        try CryptoKeyring([key], primary: nil).setting(state, of: key.id)
    }

    /// Returns credentials by which the client may use any of the secrets.
    func credentials(_ secretKeys: SecretKey...) -> StaticCredentials {
        StaticCredentials(insecureForAnyAspIDAndCryptoKey: [accessKey: secretKeys])
    }

    func client(
        _ profile: WireProfile = .documented,
        secretKey: SecretKey? = nil,
        keyring: CryptoKeyring? = nil,
        timeZone: TimeZoneCode = .kst,
        limits: ParameterLimits = .standard,
        at date: Date? = nil
    ) throws -> ClientSecurity {
        try ClientSecurity(
            party: .serviceProvider(accessKey),
            aspID: aspID,
            secretKey: secretKey ?? self.secretKey,
            keyring: keyring ?? clientRing,
            configuration: .init(timeZone: timeZone, profile: profile, limits: limits),
            clock: { [clock] in date ?? clock.now() }
        )
    }

    func server(
        _ profile: WireProfile = .documented,
        party: ServerSecurity.Party = .platform,
        credentials: (any CredentialSource)? = nil,
        keyring: (any KeyringSource)? = nil,
        tolerance: TranTokenVerifier.Tolerance = .standard,
        replayGuard: any ReplayGuard = .inMemory(),
        replayRetention: ReplayRetention = .insecureFreshnessWindowOnly,
        correlationSkew: ServerSecurity.CorrelationSkew = .seconds(300),
        acceptsEmptyBodies: Bool = false,
        limits: ParameterLimits = .standard,
        logger: Logger? = nil,
        at date: Date? = nil
    ) throws -> ServerSecurity {
        try ServerSecurity(
            party: party,
            credentials: credentials ?? self.credentials(secretKey),
            keyring: keyring ?? serverRing,
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
            clock: { [clock] in date ?? clock.now() }
        )
    }

    /// Returns the parts of a valid plain request, which a test can change as an attacker would.
    func draft(_ body: [UInt8] = parameters) -> RequestDraft {
        RequestDraft(
            secretKey: secretKey,
            body: body,
            aspID: aspID.text,
            accessKey: accessKey.text,
            cryptoKeyID: keyID.text
        )
    }
}

extension HTTPFields {
    /// Returns these fields with one field set to `value`, or removed if it is nil.
    func with(_ name: HTTPField.Name, _ value: String?) -> HTTPFields {
        var fields = self
        fields[name] = value
        return fields
    }
}
