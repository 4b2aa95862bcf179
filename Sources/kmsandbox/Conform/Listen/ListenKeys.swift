#if Sandbox
import Foundation
import KMPrimitives
import KMSecurity

/// The keys and ids of a run that tests clients, made anew.
struct ListenKeys: Sendable {
    /// What the client gets.
    let file: CredentialsFile
    /// The server's private key.
    let server: RSAPrivateKey
    /// The client's private key.
    let client: RSAPrivateKey
    /// A key that neither end has.
    let stranger: RSAPrivateKey

    /// Makes new keys, whose certificates are valid for a day.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    init() throws {
        server = try RSAPrivateKey.generate()
        client = try RSAPrivateKey.generate()
        stranger = try RSAPrivateKey.generate()
        let id = try CryptoKeyID.random()
        file = CredentialsFile(
            aspID: try AspID("000170000000000"),
            accessKey: try AccessKey(hexadecimal(SecureRandom.bytes(20))),
            secretKey: try SecretBytes(copying: Array(hexadecimal(SecureRandom.bytes(32)).utf8)),
            key: .init(id: id, serverCertificate: try Self.certificate(server, id), clientPrivateKey: client),
            timeZone: .utc,
            parameters: CredentialsFile.documentedParameters
        )
    }

    /// Returns the credentials that the server knows.
    func credentials() throws -> StaticCredentials {
        let credential = Credential(
            name: "client",
            secretKey: try SecretKey(file.secretKey),
            aspID: file.aspID,
            cryptoKeyIDs: [file.key.id]
        )
        return StaticCredentials([.accessKey(file.accessKey): [credential]])
    }

    /// Returns the server's end of calls.
    func serverSecurity() throws -> ServerSecurity {
        let key = CryptoKey(
            id: file.key.id,
            certificate: try Self.certificate(client, file.key.id),
            decryptionKey: server
        )
        return try ServerSecurity(
            credentials: credentials(),
            keyring: CryptoKeyring([key], primary: nil),
            replayGuard: .inMemory(),
            configuration: .init(replayRetention: .seconds(3600), insecureAllowingEmptyBodies: true)
        )
    }

    private static func certificate(_ key: RSAPrivateKey, _ id: CryptoKeyID) throws -> Certificate {
        try Certificate.selfSigned(
            key,
            commonName: id.text,
            validity: Date.now.addingTimeInterval(-60)...Date.now.addingTimeInterval(86_400)
        )
    }
}
#endif
