import Foundation
import HTTPTypes
import KMSecurity
import KMTestSupport

/// A client and a server with matching keys and credentials, and a fixed clock.
struct World: Sendable {
    static let keyText = "0123456789abcdef0123456789abcdef"
    static let otherKeyText = "fedcba9876543210fedcba9876543210"
    static let secretText = "q7Zx-9vKw!Jp2LrM8nTb4YcD6fHs0GaQuVi3XoWk"

    /// 2022-11-08 03:08:14.608 UTC.
    let now = Date(timeIntervalSince1970: 1_667_876_894.608)
    let keyID: CryptoKeyID
    let otherKeyID: CryptoKeyID
    let aspID: AspID
    let accessKey: AccessKey
    let secretKey: SecretKey
    /// The client's crypto key for ``keyID``: the server's public key and the client's private key.
    let clientKey: CryptoKey
    /// The server's crypto key for ``keyID``: the client's public key and the server's private key.
    let serverKey: CryptoKey

    init() throws {
        keyID = try CryptoKeyID(Self.keyText)
        otherKeyID = try CryptoKeyID(Self.otherKeyText)
        aspID = try AspID("000170000000000")
        accessKey = try AccessKey(String(repeating: "A1b2", count: 10))
        secretKey = try SecretKey(SecretBytes(Self.secretText))
        let (server, client) = (try TestKeys.first(), try TestKeys.second())
        clientKey = try CryptoKey(id: keyID, encryptionKey: server.publicKey, decryptionKey: client, issuedAt: now)
        serverKey = try CryptoKey(id: keyID, encryptionKey: client.publicKey, decryptionKey: server, issuedAt: now)
    }

    func client(
        _ profile: WireProfile = .documented,
        secretKey: SecretKey? = nil,
        ring: CryptoKeyring? = nil,
        timeZone: TimeZoneCode = .kst,
        limits: ParameterLimits = .standard,
        at date: Date? = nil
    ) throws -> ClientSecurity {
        let date = date ?? now
        return try ClientSecurity(
            party: .serviceProvider(accessKey),
            aspID: aspID,
            secretKey: secretKey ?? self.secretKey,
            keyring: ring ?? CryptoKeyring(primary: clientKey),
            configuration: .init(timeZone: timeZone, profile: profile, limits: limits),
            clock: { date }
        )
    }

    func server(
        _ profile: WireProfile = .documented,
        secretKeys: [SecretKey]? = nil,
        ring: CryptoKeyring? = nil,
        limits: ParameterLimits = .standard,
        at date: Date? = nil
    ) throws -> ServerSecurity {
        let date = date ?? now
        return try ServerSecurity(
            credentials: StaticCredentials(insecureForAnyAspIDAndCryptoKey: [accessKey: secretKeys ?? [secretKey]]),
            keyring: ring ?? CryptoKeyring([serverKey], primary: nil),
            configuration: .init(replayRetention: .seconds(3600), profile: profile, limits: limits),
            clock: { date }
        )
    }

    /// Returns a keyring of one key in `state`, without a primary key.
    func ring(_ key: CryptoKey, _ state: CryptoKey.State) throws -> CryptoKeyring {
        try CryptoKeyring([key], primary: nil).setting(state, of: key.id)
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
