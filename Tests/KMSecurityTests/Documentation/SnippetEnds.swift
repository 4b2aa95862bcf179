import Foundation
import KMSecurity
import KMTestSupport

/// A client and a server with matching keys and credentials, on which the snippets run.
///
/// Both use the system clock.
struct SnippetEnds {
    static let secretText = "a-secret-key-of-more-than-32-characters"

    let keyID: CryptoKeyID
    let aspID: AspID
    let accessKey: AccessKey
    let secretKey: SecretKey
    let clientRing: CryptoKeyring
    let serverRing: CryptoKeyring
    let server: ServerSecurity

    init() throws {
        keyID = try CryptoKeyID.random()
        aspID = try AspID("000170000000000")
        accessKey = try AccessKey("0123456789abcdef0123456789abcdef01234567")
        secretKey = try SecretKey(SecretBytes(Self.secretText))
        clientRing = try Self.ring(keyID, TestKeys.first(), TestKeys.second())
        serverRing = try Self.ring(keyID, TestKeys.second(), TestKeys.first())
        server = try ServerSecurity(
            credentials: StaticCredentials([
                .accessKey(accessKey): [Credential(secretKey: secretKey, aspID: aspID, cryptoKeyIDs: [keyID])]
            ]),
            keyring: serverRing,
            configuration: .init(replayRetention: .seconds(3600))
        )
    }

    /// Returns a client of ``server``, optionally with another keyring or secret key.
    func client(_ ring: CryptoKeyring? = nil, secretKey: SecretKey? = nil) throws -> ClientSecurity {
        try ClientSecurity(
            party: .serviceProvider(accessKey),
            aspID: aspID,
            secretKey: secretKey ?? self.secretKey,
            keyring: ring ?? clientRing
        )
    }

    static func ring(_ id: CryptoKeyID, _ theirs: RSAPrivateKey, _ own: RSAPrivateKey) throws -> CryptoKeyring {
        try CryptoKeyring(primary: try key(id, theirs, own))
    }

    static func key(_ id: CryptoKeyID, _ theirs: RSAPrivateKey, _ own: RSAPrivateKey) throws -> CryptoKey {
        try CryptoKey(id: id, encryptionKey: theirs.publicKey, decryptionKey: own, issuedAt: .now)
    }
}

/// A temporary folder that is deleted with its last reference.
final class SnippetFolder {
    private let url = FileManager.default.temporaryDirectory.appending(path: "snippets-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    func path(_ name: String) -> String { url.appending(path: name).path(percentEncoded: false) }
}
