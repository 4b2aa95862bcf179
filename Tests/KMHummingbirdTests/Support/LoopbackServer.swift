#if Hummingbird && AsyncHTTPClient
import AsyncHTTPClient
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import HummingbirdTLS
import KMAsyncHTTPClient
import KMHummingbird
import KMSecurity
import KMTestSupport
import Logging
import NIOSSL

/// A certificate for localhost, made once.
enum LocalTLS {
    struct Files {
        let certificate: [NIOSSLCertificate]
        let key: NIOSSLPrivateKey
    }

    static let files = Result {
        let openSSL = try OpenSSLCommand()
        defer { openSSL.cleanUp() }
        try openSSL(
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost "
                + "-keyout key.pem -out cert.pem"
        )
        return Files(
            certificate: try NIOSSLCertificate.fromPEMBytes(openSSL.read("cert.pem")),
            key: try NIOSSLPrivateKey(bytes: openSSL.read("key.pem"), format: .pem)
        )
    }

    static func server() throws -> TLSConfiguration {
        let files = try files.get()
        return .makeServerConfiguration(
            certificateChain: files.certificate.map { .certificate($0) },
            privateKey: .privateKey(files.key)
        )
    }

    static func client() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try files.get().certificate)
        return configuration
    }
}

/// How a test's server speaks HTTP.
enum HTTPKind: String, CaseIterable, Sendable {
    case plain, tls, http2

    func builder(_ configuration: HTTP1Channel.Configuration) throws -> HTTPServerBuilder {
        switch self {
        case .plain: .http1(configuration: configuration)
        case .tls: try .tls(.http1(configuration: configuration), tlsConfiguration: LocalTLS.server())
        case .http2:
            try .http2Upgrade(
                tlsConfiguration: LocalTLS.server(),
                configuration: .init(streamConfiguration: configuration)
            )
        }
    }

    /// Returns a transport that speaks only this.
    func transport() throws -> AsyncHTTPClientTransport {
        var configuration = HTTPClient.Configuration(tlsConfiguration: try LocalTLS.client())
        configuration.httpVersion = self == .http2 ? .automatic : .http1Only
        return AsyncHTTPClientTransport(configuration: configuration)
    }

    func url(_ port: Int) -> String { "\(self == .plain ? "http" : "https")://localhost:\(port)/open-api" }
}

/// Runs a server on a free port of the loopback interface while `body` runs.
func withServer<Context: RequestContext, Result: Sendable>(
    _ router: Router<Context>,
    _ kind: HTTPKind = .plain,
    _ configuration: HTTP1Channel.Configuration = .km(),
    _ body: @Sendable (Int) async throws -> Result
) async throws -> Result where Context.Source == ApplicationRequestContextSource {
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let app = Application(
        router: router,
        server: try kind.builder(configuration),
        configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) },
        logger: logger
    )
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await app.run() }
        defer { group.cancelAll() }
        for await port in ports { return try await body(port) }
        throw CancellationError()
    }
}
#endif
