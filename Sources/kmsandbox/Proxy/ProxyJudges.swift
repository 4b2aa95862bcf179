#if Sandbox
import Foundation
import HTTPTypes
import KMDiagnosis
import KMPrimitives
import KMSecurity

/// Judges the requests and responses of one client, from its credentials file.
struct ProxyJudges: Sendable {
    let endpoints: EndpointTable
    let basePath: String
    private let file: CredentialsFile
    private let request: RequestJudge
    private let response: ResponseJudge
    private let serverPrivateKey: RSAPrivateKey?

    /// Creates judges.
    ///
    /// - Parameters:
    ///   - file: The client's credentials.
    ///   - serverPrivateKey: The server's private key; nil if it is not known, and requests are then not decrypted.
    ///   - endpoints: The endpoints of the server.
    ///   - basePath: The path that they are below.
    /// - Throws: ``KMError`` if the keys do not form a keyring.
    init(
        _ file: CredentialsFile,
        serverPrivateKey: RSAPrivateKey?,
        endpoints: EndpointTable,
        basePath: String
    ) throws {
        (self.file, self.serverPrivateKey, self.endpoints, self.basePath) =
            (file, serverPrivateKey, endpoints, basePath)
        let pairs = [file.key] + [file.otherKey].compactMap(\.self)
        let credential = Credential(
            name: "client",
            secretKey: try SecretKey(file.secretKey),
            aspID: file.aspID,
            cryptoKeyIDs: .only(Set(pairs.map(\.id)))
        )
        // The server's side of each key: it encrypts to the client's public key.
        let serverKeys = try pairs.map { pair in
            try CryptoKey(
                id: pair.id,
                encryptionKey: pair.clientPrivateKey.publicKey,
                decryptionKey: pair.id == file.key.id ? serverPrivateKey : nil
            )
        }
        let clientsKeys = pairs.map { RequestJudge.NamedKey(name: "the client's own key", key: $0.clientPrivateKey) }
        request = RequestJudge(
            .init(
                party: .platform,
                credentials: StaticCredentials([.accessKey(file.accessKey): [credential]]),
                keyring: try CryptoKeyring(serverKeys, primary: file.key.id),
                endpoints: endpoints,
                basePath: basePath,
                otherKeys: clientsKeys,
                secretKeys: [file.secretKey]
            )
        )
        response = ResponseJudge(
            keyring: try CryptoKeyring(pairs.map(\.cryptoKey), primary: file.key.id),
            otherKeys: serverPrivateKey.map { [.init(name: "the server's own key", key: $0)] } ?? []
        )
    }

    /// Judges a request.
    func judge(_ request: ReceivedRequest, _ endpoint: Endpoint?) async -> (judgment: Judgment, parameters: [UInt8]?) {
        await self.request.judge(request, endpoint: endpoint)
    }

    /// Judges a response.
    func judge(
        _ response: ReceivedResponse,
        to endpoint: Endpoint,
        requestHeaders: HTTPFields
    ) async -> (judgment: Judgment, parameters: [UInt8]?) {
        await self.response.judge(response, to: endpoint, requestHeaders: requestHeaders)
    }

    /// The secret key and the server's private key, for test vectors.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    func vectorContext() throws -> VectorContext {
        func text(_ bytes: SecretBytes) -> String {
            bytes.withBytes { span in String(decoding: span.indices.map { span[$0] }, as: UTF8.self) }
        }
        return VectorContext(
            accessKey: file.accessKey.text,
            aspID: file.aspID.text,
            secret: text(file.secretKey),
            keys: [
                .init(
                    id: file.key.id.text,
                    state: CryptoKey.State.active.rawValue,
                    privateKey: try serverPrivateKey.map { text(try $0.insecurePKCS8PEM()) }
                )
            ]
        )
    }
}
#endif
