import Foundation
import KMSecurity
import KMSecurityTestSupport
import Logging

/// The Swift blocks of KeyHandling, GettingStartedOperator and RotatingKeys, exact but for their indentation.
enum KeySnippets {
    struct KeyServiceKey: ContentKeyUnwrapper {
        let decrypt: @Sendable (_ encryptedKey: [UInt8]) async throws -> [UInt8]?

        func unwrap(_ key: WrappedContentKey) async throws -> SecretBytes? {
            guard key.algorithm == .rsaOAEP256 else { return nil }
            return try await decrypt(key.bytes).map { try SecretBytes(copying: $0) }
        }
    }

    static func follow(
        path: String,
        passphrasePath: String,
        accessKey: AccessKey,
        aspID: AspID,
        secretKey: SecretKey,
        logger: Logger
    ) throws -> (ClientSecurity, Task<Void, Never>) {
        let keyring = try FileKeyring(
            path: path,
            passphrases: .files(passphrasePath),
            node: "shop1",
            logger: logger
        )
        let following = Task { await keyring.follow() }
        let client = try ClientSecurity(
            party: .serviceProvider(accessKey),
            aspID: aspID,
            secretKey: secretKey,
            keyring: keyring
        )
        return (client, following)
    }

    static func stop(_ following: Task<Void, Never>) async {
        following.cancel()
        await following.value
    }

    static func read(
        pemPath: String,
        pkcs12Path: String,
        jwkPath: String,
        passphrase: SecretBytes
    ) throws -> [RSAPrivateKey] {
        let pem = try RSAPrivateKey(contentsOfFile: pemPath)
        let pkcs12 = try RSAPrivateKey(contentsOfFile: pkcs12Path, passphrase: passphrase)
        let jwk = try SecretBytes(contentsOfFile: jwkPath).withBytes { try RSAPrivateKey(jwk: $0) }
        return [pem, pkcs12, jwk]
    }

    static func write(
        keyID: CryptoKeyID,
        passphrase: SecretBytes,
        keyPath: String,
        certificatePath: String
    ) throws -> RSAPublicKey {
        let key = try RSAPrivateKey.generate(bitCount: 3072)
        let certificate = try Certificate.selfSigned(
            key,
            commonName: keyID.text,
            validity: Date.now...Date.now.addingTimeInterval(365 * 86_400)
        )
        try key.write(encryptedPEMToNewFile: keyPath, passphrase: passphrase)
        try Data(certificate.pemRepresentation()).write(to: URL(filePath: certificatePath))
        return key.publicKey
    }

    static func expired(
        _ expired: Certificate,
        _ keyID: CryptoKeyID,
        _ parameters: [UInt8],
        print: (String) -> Void
    ) throws {
        let key = CryptoKey(id: keyID, certificate: expired, issuedAt: .now)
        let cipher = try ParameterCipher(keyring: CryptoKeyring(primary: key))
        do {
            _ = try cipher.seal(parameters, .message, under: keyID, at: .now)
        } catch let error as KMError where error.code == .certificateNotValid {
            print(error.detail)
        }
    }

    static func states(
        _ ring: CryptoKeyring,
        _ newKey: CryptoKey,
        _ oldKeyID: CryptoKeyID
    ) throws -> [CryptoKeyring] {
        let both = try ring.adding(newKey)
        let moved = try both.makingPrimary(newKey.id).setting(.inactive, of: oldKeyID)
        let done = try moved.setting(.discarded, of: oldKeyID)
        return [both, moved, done]
    }

    static func cached(
        aspID: AspID,
        accessKey: AccessKey,
        secretKey: SecretKey,
        keyring: CryptoKeyring
    ) throws -> ClientSecurity {
        let client = try ClientSecurity(
            party: .serviceProvider(accessKey),
            aspID: aspID,
            secretKey: secretKey,
            keyring: keyring,
            configuration: .init(dataKeyCaching: DataKeyCaching(maximumMessageCount: 1000, maximumAge: .seconds(60)))
        )
        return client
    }

    /// The steps of a rotation on one end, of which the first `count` are made.
    static func rotate(
        _ ring: CryptoKeyring,
        _ newKey: CryptoKey,
        _ oldKeyID: CryptoKeyID,
        steps count: Int
    ) throws -> CryptoKeyring {
        var ring = ring
        if count > 0 {
            ring = try ring.adding(newKey)
        }
        if count > 1 {
            ring = try ring.makingPrimary(newKey.id)
        }
        if count > 2 {
            ring = try ring.setting(.inactive, of: oldKeyID)
        }
        if count > 3 {
            ring = try ring.setting(.discarded, of: oldKeyID)
        }
        return ring
    }

    static func restarted(
        _ oldKeyID: CryptoKeyID,
        _ oldIssue: Date,
        _ newKeyID: CryptoKeyID,
        _ newIssue: Date,
        _ certificate: Certificate,
        _ privateKey: RSAPrivateKey
    ) throws -> CryptoKeyring {
        let ring = try CryptoKeyring(
            [
                CryptoKey(discarded: oldKeyID, issuedAt: oldIssue),
                CryptoKey(id: newKeyID, certificate: certificate, decryptionKey: privateKey, issuedAt: newIssue),
            ],
            primary: newKeyID
        )
        return ring
    }

    static func secrets(
        accessKey: AccessKey,
        aspID: AspID,
        keyIDs: Set<CryptoKeyID>,
        newSecret: SecretKey,
        oldSecret: SecretKey,
        lastDay: Date
    ) -> StaticCredentials {
        let credentials = StaticCredentials([
            .accessKey(accessKey): [
                Credential(name: "2026-11", secretKey: newSecret, aspID: aspID, cryptoKeyIDs: .only(keyIDs)),
                Credential(
                    name: "2025-11",
                    secretKey: oldSecret,
                    aspID: aspID,
                    cryptoKeyIDs: .only(keyIDs),
                    validity: .distantPast...lastDay
                ),
            ]
        ])
        return credentials
    }
}
