import HTTPTypes
import KMJOSE
import KMSecurity
import KMTestSupport
import Testing

/// No value of a call prints a secret, a token's MAC or the parameters.
@Suite struct SecurityRedactionTests {
    private let world: World
    private let privateKeys: [[UInt8]]

    init() throws {
        world = try World()
        privateKeys = try [TestKeys.first(), TestKeys.second()].map { try $0.insecurePKCS8DER().exposed }
    }

    private func check<Value>(_ value: Value, hides secrets: [[UInt8]], _ name: String) {
        let texts = printings(of: value)
        for secret in secrets + privateKeys + [World.secretText.bytes] {
            #expect(!shows(texts, secret), "\(name)")
        }
    }

    @Test func clientsServersAndKeysPrintNoSecrets() throws {
        check(world.secretKey, hides: [], "SecretKey")
        #expect("\(world.secretKey)" == "SecretKey(40 bytes, redacted)")
        #expect(Mirror(reflecting: world.secretKey).children.isEmpty)
        check(TranTokenSigner(world.secretKey), hides: [], "TranTokenSigner")
        check(TranTokenVerifier(world.secretKey), hides: [], "TranTokenVerifier")
        check(
            StaticCredentials(insecureForAnyAspIDAndCryptoKey: [world.accessKey: [world.secretKey]]),
            hides: [],
            "StaticCredentials"
        )
        check(try world.client(), hides: [], "ClientSecurity")
        check(try world.server(), hides: [], "ServerSecurity")
        check(world.clientKey, hides: [], "CryptoKey")
        check(try ParameterCipher(keyring: CryptoKeyring(primary: world.clientKey)), hides: [], "ParameterCipher")
    }

    @Test func tokensPrintNoMAC() throws {
        let request = try world.client().seal("{}".bytes, protection: .none)
        let token = try TranToken(try #require(request.headers[.kmTranToken]))
        let mac = Array(token.text().utf8.suffix(43))
        check(token, hides: [mac], "TranToken")
        #expect("\(token)" == "TranToken(20221108120814608, redacted)")
        #expect(Mirror(reflecting: token).children.isEmpty)
        check(request.requestHeaders, hides: [mac], "RequestHeaders")
        check(request, hides: [mac], "SealedRequest")
    }

    @Test func requestsAndResponsesPrintNoParameters() async throws {
        let (there, back) = (ExchangeTests.request.bytes, ExchangeTests.response.bytes)
        for protection in [Protection.none, .message] {
            let (client, server) = (try world.client(), try world.server())
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
