import HTTPTypes
import KMJOSE
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Testing

/// No value of a call prints a secret, a token's MAC or the parameters.
@Suite struct SecurityRedactionTests {
    private let ends: ClientAndServer
    private let privateKeys: [[UInt8]]

    init() throws {
        ends = try ClientAndServer()
        privateKeys = try [TestKeys.first(), TestKeys.second()].map { try $0.insecurePKCS8DER().exposed }
    }

    private func check<Value>(_ value: Value, hides secrets: [[UInt8]], _ name: String) {
        let texts = printings(of: value)
        for secret in secrets + privateKeys + [ClientAndServer.secretText.bytes] {
            #expect(!shows(texts, secret), "\(name)")
        }
    }

    @Test func clientsServersAndKeysPrintNoSecrets() throws {
        check(ends.secretKey, hides: [], "SecretKey")
        #expect("\(ends.secretKey)" == "SecretKey(40 bytes, redacted)")
        #expect(Mirror(reflecting: ends.secretKey).children.isEmpty)
        check(TranTokenSigner(ends.secretKey), hides: [], "TranTokenSigner")
        check(TranTokenVerifier(ends.secretKey), hides: [], "TranTokenVerifier")
        check(
            StaticCredentials(insecureForAnyAspIDAndCryptoKey: [ends.accessKey: [ends.secretKey]]),
            hides: [],
            "StaticCredentials"
        )
        check(try ends.client(), hides: [], "ClientSecurity")
        check(try ends.server(), hides: [], "ServerSecurity")
        check(ends.clientKey, hides: [], "CryptoKey")
        check(try ParameterCipher(keyring: CryptoKeyring(primary: ends.clientKey)), hides: [], "ParameterCipher")
    }

    @Test func tokensPrintNoMAC() throws {
        let request = try ends.client().seal("{}".bytes, protection: .none)
        let token = try TranToken(try #require(request.headers[.kmTranToken]))
        let mac = Array(token.text().utf8.suffix(43))
        check(token, hides: [mac], "TranToken")
        #expect("\(token)" == "TranToken(20270305213456789, redacted)")
        #expect(Mirror(reflecting: token).children.isEmpty)
        check(request.requestHeaders, hides: [mac], "RequestHeaders")
        check(request, hides: [mac], "SealedRequest")
    }

    @Test func requestsAndResponsesPrintNoParameters() async throws {
        let (there, back) = (ExchangeTests.request.bytes, ExchangeTests.response.bytes)
        for protection in [Protection.none, .message] {
            let (client, server) = (try ends.client(), try ends.server())
            let request = try client.seal(there, protection: protection)
            check(request, hides: [there], "SealedRequest")
            let call = try await server.open(request.headers, request.body, protection: protection)
            check(call, hides: [there, Array(call.headers.token.text().utf8.suffix(43))], "OpenedRequest")
            let reply = try server.seal(back, answering: call, protection: protection)
            check(reply, hides: [back], "SealedResponse")
            let opened = try await client.open(reply.headers, reply.body, answering: request, protection: protection)
            check(opened, hides: [back], "OpenedResponse")
        }
    }

    @Test func decryptedMessagesPrintNoPlaintext() throws {
        let header = JWEHeader(encryption: .a128GCM)
        let message = try JWEEncryptor(to: TestKeys.first().publicKey, header: header).encrypt("9491339401250765".bytes)
        let decrypted = try JWEDecryptor(with: TestKeys.first()).decrypt(message)
        check(decrypted, hides: ["9491339401250765".bytes], "JWEDecryptor.Message")
    }
}
