#if Sandbox
import Foundation
import Hummingbird
import KMHummingbird
import KMPrimitives
import KMSecurity
import KMTestSupport
import Logging
import NIOCore

@testable import kmsandbox

/// A server on KMHummingbird, as the article shows it, with a second mount for the field level and two crypto keys.
struct TestServer: Sendable {
    /// What a client of the server has.
    let credentials: CredentialsFile
    /// What another client of the server has.
    let otherCaller: CredentialsFile
    private let security: ServerSecurity

    init() throws {
        let (server, client) = (try TestKeys.first(), try TestKeys.second())
        func pair() throws -> CredentialsFile.KeyPair {
            let id = try CryptoKeyID.random()
            return .init(id: id, serverCertificate: try Self.certificate(server, id), clientPrivateKey: client)
        }
        let pairs = [try pair(), try Self.otherPair(), try Self.otherPair()]
        credentials = CredentialsFile(
            aspID: try AspID("000170000000000"),
            accessKey: try AccessKey(String(repeating: "0a1b2c3d", count: 5)),
            secretKey: try SecretBytes(UUID().uuidString),
            key: pairs[0],
            timeZone: .kst,
            otherKey: pairs[1]
        )
        otherCaller = CredentialsFile(
            aspID: try AspID("000180000000000"),
            accessKey: try AccessKey(String(repeating: "4e5f6a7b", count: 5)),
            secretKey: try SecretBytes(UUID().uuidString),
            key: pairs[2],
            timeZone: .utc
        )
        func credential(_ file: CredentialsFile, _ ids: Credential.CryptoKeyIDs) throws -> Credential {
            Credential(secretKey: try SecretKey(file.secretKey), aspID: file.aspID, cryptoKeyIDs: ids)
        }
        let keys = try zip(pairs, [server, TestKeys.third(), TestKeys.third()]).map { pair, key in
            CryptoKey(
                id: pair.id,
                certificate: try Self.certificate(pair.clientPrivateKey, pair.id),
                decryptionKey: key
            )
        }
        security = try ServerSecurity(
            credentials: StaticCredentials([
                .accessKey(credentials.accessKey): [credential(credentials, [pairs[0].id, pairs[1].id])],
                .accessKey(otherCaller.accessKey): [credential(otherCaller, [pairs[2].id])],
            ]),
            keyring: CryptoKeyring(keys, primary: nil),
            replayGuard: .inMemory(),
            configuration: .init(replayRetention: .seconds(3600))
        )
    }

    private static func otherPair() throws -> CredentialsFile.KeyPair {
        let id = try CryptoKeyID.random()
        return .init(
            id: id,
            serverCertificate: try certificate(TestKeys.third(), id),
            clientPrivateKey: try TestKeys.second()
        )
    }

    private static func certificate(_ key: RSAPrivateKey, _ id: CryptoKeyID) throws -> Certificate {
        try Certificate.selfSigned(
            key,
            commonName: id.text,
            validity: Date.now.addingTimeInterval(-60)...Date.now.addingTimeInterval(3600)
        )
    }

    private struct Query: Decodable {
        let userId: UInt64
        let physicalCardNo: String
        let physicalCardExpDate: String
        let physicalCardCVC: String
    }

    private static func answer(_ call: OpenedRequest) throws -> [UInt8] {
        let query = try call.decode(Query.self)
        guard query.userId == 50_000_104_652 else { throw PlatformError.walletUserNotFound }
        guard query.physicalCardCVC == "211" else { throw PlatformError.invalidCardInfo }
        return AnswerMaker.parameters
    }

    /// Runs the server, and calls `body` with its base URLs for messages and for fields.
    func run(_ body: @Sendable (_ message: String, _ field: String) async throws -> Void) async throws {
        let router = Router()
        try router.km(security, below: "/open-api")
            .on(.waitingPhysicalCards, bytes: { call, _ in try Self.answer(call) })
        try router.km(security, below: "/field/open-api")
            .on(.waitingPhysicalCardsByField, bytes: { call, _ in try Self.answer(call) })
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router,
            server: .http1(configuration: .km()),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let server = Task { try await application.run() }
        defer { server.cancel() }
        var iterator = ports.makeAsyncIterator()
        let port = await iterator.next() ?? 0
        try await body("http://127.0.0.1:\(port)/open-api", "http://127.0.0.1:\(port)/field/open-api")
    }
}
#endif
