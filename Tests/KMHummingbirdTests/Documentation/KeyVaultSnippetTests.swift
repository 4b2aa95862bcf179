#if Hummingbird && AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Synchronization
import Testing

/// Runs the Swift block of the article about HSMs that uses the key service of a cloud.
@Suite("Article: the key service of a cloud") struct KeyVaultSnippetTests {
    /// A vault as its HTTP interface is documented, which decrypts with the `openssl` command.
    private final class Vault: Sendable {
        private struct Operation: Decodable {
            let alg, value: String
        }

        private let openssl: OpenSSLCommand
        private let status = Mutex(HTTPResponse.Status.ok)

        init(_ key: RSAPrivateKey) throws {
            openssl = try OpenSSLCommand()
            try key.insecurePKCS8DER().withBytes { der in
                try openssl.write(der.indices.map { der[$0] }, to: "key.der")
            }
        }

        deinit { openssl.cleanUp() }

        /// Makes the vault answer with another status.
        func answer(_ status: HTTPResponse.Status) { self.status.withLock { $0 = status } }

        func router() -> Router<BasicRequestContext> {
            let router = Router()
            router.post("/keys/client-key/7/unwrapkey") { request, _ in
                let status = self.status.withLock { $0 }
                if status == .accepted { return Self.response(.ok, #"{"kid":"a key","value":"*"}"#) }
                guard status == .ok else { return Self.problem(status, "Unavailable") }
                guard request.headers[.authorization] == "Bearer a token" else {
                    return Self.problem(.unauthorized, "Unauthorized")
                }
                guard request.uri.query == "api-version=7.4", request.headers[.contentType] == "application/json" else {
                    return Self.problem(.badRequest, "BadRequest")
                }
                let body = try await request.body.collect(upTo: 16_384)
                let operation = try JSONDecoder().decode(Operation.self, from: Data(body.readableBytesView))
                guard operation.alg == "RSA-OAEP-256", let plain = try? self.decrypt(operation.value) else {
                    return Self.problem(.badRequest, "BadParameter")
                }
                let value = Self.base64URL(plain)
                return Self.response(.ok, #"{"kid":"https://vault/keys/client-key/7","value":"\#(value)"}"#)
            }
            return router
        }

        private func decrypt(_ value: String) throws -> [UInt8] {
            try openssl.write(Array(try #require(Data(base64Encoded: Self.standard(value)))), to: "in")
            return try openssl(
                "pkeyutl -decrypt -inkey key.der -keyform DER -in in -pkeyopt rsa_padding_mode:oaep "
                    + "-pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256"
            )
        }

        private static func standard(_ value: String) -> String {
            let text = value.replacing("-", with: "+").replacing("_", with: "/")
            return text + String(repeating: "=", count: (4 - text.count % 4) % 4)
        }

        private static func base64URL(_ bytes: [UInt8]) -> String {
            Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
        }

        private static func problem(_ status: HTTPResponse.Status, _ code: String) -> Response {
            response(status, #"{"error":{"code":"\#(code)","message":"\#(code)"}}"#)
        }

        private static func response(_ status: HTTPResponse.Status, _ text: String) -> Response {
            Response(
                status: status,
                headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: text))
            )
        }
    }

    @Test("A server decrypts with a key in the vault, and rejects what the vault does not decrypt") func vault()
        async throws
    {
        let ends = try ClientAndServer()
        let vault = try Vault(TestKeys.first())
        try await withServer(vault.router(), .tls) { port in
            func key(_ token: String) throws -> KeyVaultSnippets.KeyVaultKey {
                KeyVaultSnippets.KeyVaultKey(
                    transport: try HTTPKind.tls.transport(),
                    host: "localhost:\(port)",
                    path: "/keys/client-key/7",
                    accessToken: { token },
                    timeout: .seconds(60)
                )
            }
            func server(_ key: KeyVaultSnippets.KeyVaultKey) throws -> ServerSecurity {
                let own = try CryptoKey(
                    id: ends.keyID,
                    encryptionKey: TestKeys.second().publicKey,
                    decryptionKey: key,
                    issuedAt: ends.now
                )
                return try ends.server(keyring: CryptoKeyring([own], primary: nil))
            }
            let server = try server(key("a token"))
            for _ in 0..<3 {
                let request = try await ends.client().seal(ClientAndServer.parameters, for: .waitingPhysicalCards)
                let call = try await server.open(request.headers, request.body, for: .waitingPhysicalCards)
                #expect(call.parameters == ClientAndServer.parameters)
            }
            let wrong = try CryptoKey(
                id: ends.keyID,
                encryptionKey: TestKeys.second().publicKey,
                decryptionKey: TestKeys.second(),
                issuedAt: ends.now
            )
            let other = try await ends.client(keyring: CryptoKeyring(primary: wrong))
                .seal(ClientAndServer.parameters, for: .waitingPhysicalCards)
            await #expect(throws: KMError(.authenticationFailed)) {
                try await server.open(other.headers, other.body, for: .waitingPhysicalCards)
            }
            let short = WrappedContentKey(try TestKeys.first().publicKey.encryptOAEP([1, 2, 3].span), byteCount: 32)
            #expect(try await key("a token").unwrap(short)?.count == 3)
            for status in [HTTPResponse.Status.badRequest, .tooManyRequests, .serviceUnavailable] {
                vault.answer(status)
                let failure = await #expect(throws: KeyVaultSnippets.KeyVaultKey.Failure.self) {
                    try await key("a token").unwrap(short)
                }
                #expect(failure?.status == status.code)
            }
            // What is no Base64 is a failure of the vault, and not of the message.
            vault.answer(.accepted)
            let malformed = await #expect(throws: KeyVaultSnippets.KeyVaultKey.Failure.self) {
                try await key("a token").unwrap(short)
            }
            #expect(malformed?.status == 200)
            vault.answer(.ok)
            let failure = await #expect(throws: KeyVaultSnippets.KeyVaultKey.Failure.self) {
                try await key("another token").unwrap(short)
            }
            #expect(failure?.status == 401)
        }
    }
}
#endif
