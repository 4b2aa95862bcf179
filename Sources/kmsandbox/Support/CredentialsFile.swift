#if Sandbox
import Foundation
import KMJSON
import KMPrimitives
import KMSecurity

/// The credentials of one client of a server: what `serve` exports, and `conform`, `proxy` and `send` read.
///
/// The file is one JSON object; see ``json``. It holds a secret key and a private key, so write it with mode 0600.
struct CredentialsFile: Sendable {
    /// A crypto key as the client holds it: the server's certificate and the client's own private key.
    struct KeyPair: Sendable {
        /// X-KM-Crypto-Key-Id.
        let id: CryptoKeyID
        /// The certificate that the client encrypts requests to.
        let serverCertificate: Certificate
        /// The private key that decrypts responses.
        let clientPrivateKey: RSAPrivateKey

        /// The key for a keyring.
        var cryptoKey: CryptoKey {
            CryptoKey(id: id, certificate: serverCertificate, decryptionKey: clientPrivateKey)
        }
    }

    /// X-KM-User-AspId.
    let aspID: AspID
    /// X-KM-Access-Key.
    let accessKey: AccessKey
    /// The secret key that makes tokens.
    let secretKey: SecretBytes
    /// The crypto key of the calls.
    let key: KeyPair
    /// The zone of the calls' times.
    let timeZone: TimeZoneCode
    /// A second crypto key of the same caller, if there is one.
    var otherKey: KeyPair?
    /// Valid parameters of the documented call, one JSON object, if the file has them.
    var parameters: [UInt8]?

    /// The parameters of the documented call with the public test card.
    static let documentedParameters = Array(
        """
        {"userId":50000104652,"physicalCardNo":"9491339401250765","physicalCardExpDate":"3108","physicalCardCVC":"211"}
        """.utf8
    )

    /// The parameters of a valid call: those of the file, or those with the public test card.
    var validParameters: [UInt8] { parameters ?? Self.documentedParameters }

    /// Returns the keyring of the client, with the first key as its primary key.
    ///
    /// - Throws: ``KMError`` `keyringInvalid` if both keys have the same id.
    func keyring() throws -> CryptoKeyring {
        try CryptoKeyring([key.cryptoKey] + (otherKey.map { [$0.cryptoKey] } ?? []), primary: key.id)
    }

    /// Returns the client's end of calls.
    ///
    /// - Throws: ``KMError`` as ``keyring()``, and `cryptographyUnavailable`.
    func clientSecurity(profile: WireProfile) throws -> ClientSecurity {
        try ClientSecurity(
            party: .serviceProvider(accessKey),
            aspID: aspID,
            secretKey: SecretKey(secretKey),
            keyring: keyring(),
            configuration: .init(timeZone: timeZone, profile: profile)
        )
    }
}

extension CredentialsFile: CustomStringConvertible, CustomReflectable {
    /// The ids, without a secret.
    var description: String { "CredentialsFile(\(aspID), key \(key.id), redacted)" }

    /// Shows no children.
    var customMirror: Mirror { Mirror(self, children: []) }
}
#endif
