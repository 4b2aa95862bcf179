#if Sandbox
import Foundation
import KMPrimitives
import KMSecurity

/// Both key pairs behind one crypto key id: the server's and the client's.
///
/// In production each end has only its own private key. The sandbox makes both, and gives the client's to its user.
struct SandboxKeyPair: Sendable {
    let id: CryptoKeyID
    let issuedAt: Date
    let serverKey: RSAPrivateKey
    let serverCertificate: Certificate
    let clientKey: RSAPrivateKey
    let clientCertificate: Certificate

    /// The validity of new certificates in seconds.
    private static let validity: TimeInterval = 365 * 86_400

    /// Makes new keys.
    ///
    /// - Parameters:
    ///   - id: The crypto key id.
    ///   - date: The current date.
    /// - Returns: The key pair.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    static func make(_ id: CryptoKeyID, at date: Date) throws -> SandboxKeyPair {
        // The clock of the sandbox can be set back by the user, so the certificates begin a day earlier.
        let validity = date.addingTimeInterval(-86_400)...date.addingTimeInterval(validity)
        let (server, client) = (try RSAPrivateKey.generate(), try RSAPrivateKey.generate())
        return SandboxKeyPair(
            id: id,
            issuedAt: date,
            serverKey: server,
            serverCertificate: try .selfSigned(server, commonName: "sandbox \(id.text)", validity: validity),
            clientKey: client,
            clientCertificate: try .selfSigned(client, commonName: "client \(id.text)", validity: validity)
        )
    }

    /// The key as the server has it.
    func serverSide(_ state: CryptoKey.State) -> CryptoKey {
        CryptoKey(
            id: id,
            certificate: clientCertificate,
            decryptionKey: serverKey,
            state: state,
            issuedAt: issuedAt
        )
    }

    /// The key as the client's credentials file has it.
    var clientFileKey: CredentialsFile.KeyPair {
        .init(id: id, serverCertificate: serverCertificate, clientPrivateKey: clientKey)
    }

    /// The key as the client has it.
    func clientSide(_ state: CryptoKey.State) -> CryptoKey {
        CryptoKey(
            id: id,
            certificate: serverCertificate,
            decryptionKey: clientKey,
            state: state,
            issuedAt: issuedAt
        )
    }
}
#endif
