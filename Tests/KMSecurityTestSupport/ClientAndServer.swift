package import Foundation
package import HTTPTypes
package import KMSecurity
internal import KMTestSupport
package import Logging

/// A client and a server with matching keys and credentials, and one clock that a test can set.
package struct ClientAndServer: Sendable {
    /// 2027-03-05 12:34:56.789 UTC.
    package static let start = Date(timeIntervalSince1970: 1_804_250_096.789)
    package static let keyText = "0123456789abcdef0123456789abcdef"
    package static let otherKeyText = "fedcba9876543210fedcba9876543210"
    package static let secretText = "q7Zx-9vKw!Jp2LrM8nTb4YcD6fHs0GaQuVi3XoWk"
    package static let card = "9491339401250765"
    package static let parameters =
        #"{"userId":50000104652,"physicalCardNo":"9491339401250765","physicalCardExpDate":"2709","physicalCardCVC":"837"}"#
        .bytes

    package let clock: SettableClock
    package let keyID: CryptoKeyID
    package let otherKeyID: CryptoKeyID
    package let aspID: AspID
    package let accessKey: AccessKey
    package let secretKey: SecretKey
    /// The client's crypto key for ``keyID``: the server's public key and the client's private key.
    package let clientKey: CryptoKey
    /// The server's crypto key for ``keyID``: the client's public key and the server's private key.
    package let serverKey: CryptoKey
    package let clientRing: CryptoKeyring
    package let serverRing: CryptoKeyring
    /// A server with the default settings, which keeps its replay memory between calls.
    package let server: ServerSecurity

    /// Creates both ends, with the clock at `start`.
    ///
    /// If `keyring` is not nil, both ends use it.
    package init(_ profile: WireProfile = .documented, at start: Date = start, keyring: CryptoKeyring? = nil) throws {
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

    package var now: Date { clock.now() }

    package static func secretKey(_ text: String) throws -> SecretKey { try SecretKey(SecretBytes(text)) }

    package static func clientKey(_ id: CryptoKeyID, issuedAt: Date = start) throws -> CryptoKey {
        let (theirs, own) = (try TestKeys.first(), try TestKeys.second())
        return try CryptoKey(id: id, encryptionKey: theirs.publicKey, decryptionKey: own, issuedAt: issuedAt)
    }

    package static func serverKey(_ id: CryptoKeyID, issuedAt: Date = start) throws -> CryptoKey {
        let (theirs, own) = (try TestKeys.second(), try TestKeys.first())
        return try CryptoKey(id: id, encryptionKey: theirs.publicKey, decryptionKey: own, issuedAt: issuedAt)
    }

    /// Returns a keyring of one key in `state`, without a primary key.
    package func ring(_ key: CryptoKey, _ state: CryptoKey.State) throws -> CryptoKeyring {
        try CryptoKeyring([key], primary: nil).setting(state, of: key.id)
    }

    /// Returns credentials by which the client may use any of the secrets.
    package func credentials(_ secretKeys: SecretKey...) -> StaticCredentials {
        StaticCredentials(insecureForAnyAspIDAndCryptoKey: [accessKey: secretKeys])
    }

    package func client(
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

    package func server(
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
    package func draft(_ body: [UInt8] = parameters) -> RequestDraft {
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
    package func with(_ name: HTTPField.Name, _ value: String?) -> HTTPFields {
        var fields = self
        fields[name] = value
        return fields
    }
}
