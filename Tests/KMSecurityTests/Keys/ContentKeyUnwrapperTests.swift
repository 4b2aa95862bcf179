import Foundation
import HTTPTypes
import KMJOSE
import KMPrimitives
import KMSecurityTestSupport
import KMTestSupport
import Synchronization
import Testing

@testable import KMSecurity

/// Servers and clients whose private key is outside this process, behind a ``ContentKeyUnwrapper``.
@Suite struct ContentKeyUnwrapperTests {
    private static let parameters =
        #"{"userId":50000104652,"cards":[{"no":"9491339401250765"},{"no":"9491339401250765"}]}"#

    /// A key service that holds an RSA key and answers after a delay.
    private final class KeyService: ContentKeyUnwrapper {
        struct Outage: Error {}

        enum Behaviour {
            case answering, failing, down, wrongSize
        }

        let key: RSAPrivateKey
        let behaviour: Behaviour
        let asked = Mutex<[WrappedContentKey]>([])

        init(_ key: RSAPrivateKey, _ behaviour: Behaviour = .answering) {
            self.key = key
            self.behaviour = behaviour
        }

        func unwrap(_ wrapped: WrappedContentKey) async throws -> SecretBytes? {
            asked.withLock { $0.append(wrapped) }
            try await Task.sleep(for: .milliseconds(1))
            switch behaviour {
            case .answering: return try key.unwrap(wrapped)
            case .failing: return nil
            case .down: throw Outage()
            case .wrongSize: return try SecretBytes(randomCount: 24)
            }
        }
    }

    private let ends: ClientAndServer
    init() throws { ends = try ClientAndServer() }

    private func server(_ service: KeyService, caching: DataKeyCaching? = nil) throws -> ServerSecurity {
        let key = try CryptoKey(id: ends.keyID, encryptionKey: TestKeys.second().publicKey, decryptionKey: service)
        return try ServerSecurity(
            credentials: StaticCredentials(insecureForAnyAspIDAndCryptoKey: [ends.accessKey: [ends.secretKey]]),
            keyring: CryptoKeyring([key], primary: nil),
            configuration: .init(replayRetention: .seconds(3600), dataKeyCaching: caching),
            clock: { [now = ends.now] in now }
        )
    }

    private static let protections: [(name: String, paths: [String])] = [
        ("message", []), ("fields", ["$.userId", "$.cards[*].no"]),
    ]

    private static func protection(_ paths: [String]) throws -> Protection {
        paths.isEmpty ? .message : .fields(try FieldSelection(paths))
    }

    @Test(arguments: protections) func aServerOpensWithAnExternalKey(_ name: String, _ paths: [String]) async throws {
        let protection = try Self.protection(paths)
        let service = KeyService(try TestKeys.first())
        let server = try server(service)
        let request = try ends.client().seal(Self.parameters.bytes, protection: protection)
        let call = try await server.open(request.headers, request.body, protection: protection)
        #expect(call.parameters == Self.parameters.bytes)
        // One private-key operation per message, whatever the number of fields.
        let asked = service.asked.withLock { $0 }
        #expect(asked.count == 1)
        #expect(asked.allSatisfy { $0.algorithm == .rsaOAEP256 && $0.byteCount == 32 && $0.bytes.count == 256 })
        let reply = try server.seal("{}".bytes, answering: call, protection: .message)
        let opened = try await ends.client().open(
            reply.headers,
            reply.body,
            answering: request,
            protection: .message
        )
        #expect(opened.parameters == "{}".bytes)
    }

    @Test func aClientOpensWithAnExternalKey() async throws {
        let service = KeyService(try TestKeys.second())
        let key = try CryptoKey(id: ends.keyID, encryptionKey: TestKeys.first().publicKey, decryptionKey: service)
        let client = try ends.client(keyring: CryptoKeyring(primary: key))
        let request = try client.seal(Self.parameters.bytes, protection: .message)
        let server = try ends.server()
        let call = try await server.open(request.headers, request.body)
        let reply = try server.seal("[1]".bytes, answering: call)
        #expect(try await client.open(reply.headers, reply.body, answering: request).parameters == "[1]".bytes)
        #expect(service.asked.withLock { $0.count } == 1)
    }

    @Test(arguments: [KeyService.Behaviour.failing, .wrongSize], protections)
    private func anUndecryptableContentKeyFailsLikeAWrongTag(
        _ behaviour: KeyService.Behaviour,
        _ form: (name: String, paths: [String])
    ) async throws {
        let protection = try Self.protection(form.paths)
        let server = try server(KeyService(try TestKeys.first(), behaviour))
        let request = try ends.client().seal(Self.parameters.bytes, protection: protection)
        let error = await #expect(throws: KMError(.authenticationFailed)) {
            try await server.open(request.headers, request.body, protection: protection)
        }
        let local = await #expect(throws: KMError(.authenticationFailed)) {
            let other = try CryptoKey(id: ends.keyID, decryptionKey: TestKeys.third())
            let server = try ends.server(keyring: CryptoKeyring([other], primary: nil))
            return try await server.open(request.headers, request.body, protection: protection)
        }
        #expect(error?.detail == local?.detail)
    }

    @Test func aKeyServiceOutageIsAnInternalServerError() async throws {
        let server = try server(KeyService(try TestKeys.first(), .down))
        let request = try ends.client().seal(Self.parameters.bytes, protection: .message)
        await #expect(throws: KeyService.Outage.self) { try await server.open(request.headers, request.body) }
        let again = try ends.client().seal(Self.parameters.bytes, protection: .message)
        #expect(await server.respond(to: again.headers, again.body) { $0.parameters }.status == .internalServerError)
    }

    @Test func anErrorOfThePackagesOwnTypeIsTheServersFaultToo() async throws {
        struct FailingService: ContentKeyUnwrapper {
            let pin = "9491339401250765"

            func unwrap(_ key: WrappedContentKey) async throws -> SecretBytes? { throw KMError(.malformedJWE) }
        }
        let key = try CryptoKey(id: ends.keyID, decryptionKey: FailingService())
        #expect(!"\(key)".contains("9491339401250765"))
        #expect("\(key)".contains("FailingService"))
        let server = try ends.server(keyring: CryptoKeyring([key], primary: nil))
        let request = try ends.client().seal(Self.parameters.bytes, protection: .message)
        let response = await server.respond(to: request.headers, request.body) { $0.parameters }
        #expect(response.status == .internalServerError)
    }

    @Test(arguments: [1, 255, 1025, 100_000])
    func anEncryptedKeyOfAnImpossibleSizeDoesNotReachTheService(_ count: Int) async throws {
        let service = KeyService(try TestKeys.first())
        let key = try CryptoKey(id: ends.keyID, decryptionKey: service)
        let opener = try PreparedKey(key, number: 0, .documented, .standard, cache: nil).opener()
        let body = try ParameterCipher(keyring: CryptoKeyring(primary: ends.clientKey))
            .seal("{}".bytes, .message, under: ends.keyID, at: ends.now)
        let message = try EncryptedBody.message(of: body)
        var parts = message.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map { Array($0) }
        parts[1] = []
        Base64.url.append([UInt8](repeating: 7, count: count).span, to: &parts[1])
        let changed = Array(parts.joined(separator: [UInt8(ascii: ".")]))
        let (compact, header) = try JWEPolicy.standard.parse(changed.span, keyID: nil)
        let contentKey = try await opener.contentKey(of: compact, header.algorithm, header.encryption)
        #expect(rejection { try contentKey.open(compact) } == .authenticationFailed)
        #expect(service.asked.withLock { $0.isEmpty })
    }

    @Test func theDataKeyCacheSavesCallsToTheKeyService() async throws {
        let service = KeyService(try TestKeys.first())
        // Longer than the test takes on a busy machine.
        let caching = DataKeyCaching(maximumAge: .seconds(7200))
        let server = try server(service, caching: caching)
        let client = try ClientSecurity(
            party: .serviceProvider(ends.accessKey),
            aspID: ends.aspID,
            secretKey: ends.secretKey,
            keyring: CryptoKeyring(primary: ends.clientKey),
            configuration: .init(dataKeyCaching: caching),
            clock: { [now = ends.now] in now }
        )
        for _ in 0..<5 {
            let request = try client.seal(Self.parameters.bytes, protection: .message)
            #expect(try await server.open(request.headers, request.body).parameters == Self.parameters.bytes)
        }
        #expect(service.asked.withLock { $0.count } == 1)
        // A failure is not cached: the key service is asked for every message.
        let failing = KeyService(try TestKeys.first(), .failing)
        let other = try self.server(failing, caching: caching)
        for _ in 0..<3 {
            let request = try client.seal(Self.parameters.bytes, protection: .message)
            #expect(await rejection { try await other.open(request.headers, request.body) } == .authenticationFailed)
        }
        #expect(failing.asked.withLock { $0.count } == 3)
    }

    @Test func aParameterCipherRequiresThePrivateKeyInMemory() throws {
        let key = try CryptoKey(
            id: ends.keyID,
            encryptionKey: TestKeys.first().publicKey,
            decryptionKey: KeyService(TestKeys.first())
        )
        let cipher = try ParameterCipher(keyring: CryptoKeyring(primary: key))
        let body = try cipher.seal("{}".bytes, .message, under: key.id, at: .now)
        #expect(rejection { try cipher.open(body, .message, under: key.id) } == .privateKeyElsewhere)
    }
}
