#if Hummingbird && AsyncHTTPClient
import Foundation
import Hummingbird
import KMAsyncHTTPClient
import KMHummingbird
import KMSecurity
import KMSecurityTestSupport
import KMServiceLifecycle
import KMTestSupport
import Logging
import ServiceLifecycle
import Testing

/// Credentials from a file, as a service of swift-service-lifecycle beside a server.
@Suite("Reloading under a service group") struct ReloadTests {
    @Test("A new secret key is accepted without a restart, and the service ends with its group") func reload()
        async throws
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: "km-reload-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let pair = try ClientAndServer()
        let path = folder.appending(path: "credentials.json").path(percentEncoded: false)
        try Data(
            """
            {"version": 1, "credentials": [{
              "name": "shop", "accessKey": "\(pair.accessKey)", "aspId": "\(pair.aspID)",
              "secretFile": "secret", "cryptoKeyIds": ["\(pair.keyID)"]
            }]}
            """.utf8
        ).write(to: folder.appending(path: "credentials.json"))
        let secretFile = folder.appending(path: "secret")
        try Data(ClientAndServer.secretText.utf8).write(to: secretFile)
        let credentials = try FileCredentials(path: path)
        let group = ServiceGroup(
            services: [credentials],
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let running = Task { try await group.run() }

        let router = Router()
        try router.km(pair.server(credentials: credentials)).on(Endpoint("/a"), bytes: { call, _ in call.parameters })
        try await withServer(router) { port in
            func client(_ secretKey: SecretKey) throws -> APIClient {
                APIClient(
                    security: try pair.client(secretKey: secretKey),
                    transport: try HTTPKind.plain.transport(),
                    baseURL: try BaseURL(insecure: "http://localhost:\(port)")
                )
            }
            let (old, new) = try (
                client(pair.secretKey), client(ClientAndServer.secretKey("another-secret-key-of-this-test"))
            )
            #expect(try await old.call(Endpoint("/a"), bytes: [0x31]).parameters == [0x31])
            try Data("another-secret-key-of-this-test".utf8).write(to: secretFile, options: .atomic)
            var answer: [UInt8]?
            for _ in 0..<600 where answer == nil {
                answer = try? await new.call(Endpoint("/a"), bytes: [0x32]).parameters
                if answer == nil { try await Task.sleep(for: .milliseconds(50)) }
            }
            #expect(answer == [0x32])
            await #expect(throws: PlatformError.invalidInputParameter) {
                try await old.call(Endpoint("/a"), bytes: [0x33])
            }
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }
}
#endif
