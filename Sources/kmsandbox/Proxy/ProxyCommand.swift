#if Sandbox
import ArgumentParser
import Foundation
import KMAsyncHTTPClient
import KMCommandLine
import KMPrimitives
import KMSecurity
import NIOSSL

/// Runs the proxy.
struct ProxyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy",
        abstract: "Stand between a client and a server, and judge what passes in both directions.",
        discussion: """
            Point the client at http://127.0.0.1:PORT instead of the server. Requests and responses pass unchanged, byte for \
            byte. The page at / shows each call judged. Without --server-private-key, requests are judged up to their \
            decryption. The credentials file is the one that kmsandbox serve exports.
            """
    )

    @Option(help: ArgumentHelp("The API's base URL, such as https://HOST/open-api.", valueName: "url"))
    var to: String

    @Option(help: ArgumentHelp("The client's credentials file.", valueName: "file"), completion: .file())
    var credentials: String

    @Option(
        help: ArgumentHelp("The server's private key, to judge the decryption of requests.", valueName: "file"),
        completion: .file()
    )
    var serverPrivateKey: String?

    @Option(
        help: ArgumentHelp("The certificate authority of the server's TLS, PEM.", valueName: "file"),
        completion: .file()
    )
    var ca: String?

    @Option(help: ArgumentHelp("An endpoint table (default: the documented endpoints).", valueName: "file"))
    var endpoints: String?

    @OptionGroup var listening: ListeningOptions

    func validate() throws {
        do { _ = try APIBase(to) } catch let error as KMError { throw ValidationError(error.detail) }
    }

    func run() async throws {
        let file = try CredentialsFile(contentsOfFile: credentials)
        let table = try endpoints.map(EndpointTable.init(contentsOfFile:)) ?? .documented
        let privateKey = try serverPrivateKey.map { try RSAPrivateKey(contentsOfFile: $0) }
        let transport = try AsyncHTTPClientTransport(configuration: .conformance(trustedCertificates: ca))
        let target = try APIBase(to)
        let history = CallHistory(capacity: listening.history)
        let judges = try ProxyJudges(file, serverPrivateKey: privateKey, endpoints: table, basePath: target.path)
        let proxy = Proxy(target: target, judges: judges, history: history, transport: transport)
        let origin = Locked<String?>(nil)
        let state: @Sendable () throws -> String = {
            let url = (origin.withLock { $0 } ?? "") + target.path
            return try InterfaceJSON.text(ProxyState(proxy, baseURL: url, file, warnings: listening.warnings))
        }
        let routes = HistoryRoutes(
            history: history,
            origin: origin,
            vectorContext: { try judges.vectorContext() },
            state: state
        )
        let responder = ProxyResponder(proxy: proxy, routes: routes, hosts: listening.hosts)
        let server = ToolServer(options: listening, history: history, origin: origin)
        try await server.run(responder) { origin in
            """
            proxy        \(origin)/
            API          \(origin)\(target.path)
            server       \(target.text)

            """
        }
        try? await transport.shutdown()
    }
}
#endif
