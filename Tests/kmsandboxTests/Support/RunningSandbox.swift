#if Sandbox
import ArgumentParser
import Foundation
import HTTPTypes
import Hummingbird
import KMAsyncHTTPClient
import KMHummingbird
import KMPrimitives
import KMSecurity
import Logging
import NIOCore
import Testing

@testable import kmsandbox

/// A server of this process with a client for it.
struct RunningServer: Sendable {
    /// The URL without a path.
    let origin: String
    let transport: AsyncHTTPClientTransport

    /// Sends one request, and returns the response with its body as text.
    func ask(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ fields: HTTPFields = [:],
        _ body: String = ""
    ) async throws -> (HTTPResponse, String) {
        let head = HTTPRequest(
            method: method,
            scheme: "http",
            authority: String(origin.dropFirst("http://".count)),
            path: path,
            headerFields: fields
        )
        let (response, bytes) = try await transport.send(
            head,
            Array(body.utf8),
            limit: 1 << 24,
            deadline: .now + .seconds(30)
        )
        return (response, String(decoding: bytes, as: UTF8.self))
    }

    /// Sends JSON.
    func askJSON(_ method: HTTPRequest.Method, _ path: String, _ json: String) async throws -> (HTTPResponse, String) {
        try await ask(method, path, [.contentType: "application/json"], json)
    }

    /// Runs a tool's server on a free port during `body`.
    fileprivate static func run(
        history: CallHistory,
        transport: AsyncHTTPClientTransport,
        _ responder: (ListeningOptions, Locked<String?>) throws -> some HTTPResponder<BasicRequestContext>,
        _ body: (RunningServer) async throws -> Void
    ) async throws {
        let origin = Locked<String?>(nil)
        let options = try ListeningOptions.parse(["--port", "0", "--quiet"])
        let responder = try responder(options, origin)
        let server = ToolServer(options: options, history: history, origin: origin)
        let task = Task { try await server.run(responder) { _ in "" } }
        while origin.withLock({ $0 }) == nil { try await Task.sleep(for: .milliseconds(10)) }
        let url = try #require(origin.withLock { $0 })
        do {
            try await body(RunningServer(origin: url, transport: transport))
        } catch {
            Issue.record(error)
        }
        task.cancel()
        _ = await task.result
        try await transport.shutdown()
    }
}

/// A sandbox over HTTP.
struct RunningSandbox {
    let server: RunningServer
    let sandbox: Sandbox

    var origin: String { server.origin }

    /// Runs a sandbox during `body`.
    static func run(_ body: (RunningSandbox) async throws -> Void) async throws {
        let sandbox = try Sandbox(
            SandboxParties(seed: SandboxSeed(seed: nil), files: nil, timeZone: .kst),
            MemberStore(path: nil),
            endpoints: .documented,
            seed: nil,
            historyCount: 100
        )
        let transport = AsyncHTTPClientTransport()
        try await RunningServer.run(history: sandbox.history, transport: transport) { options, origin in
            SandboxResponder(
                sandbox: sandbox,
                callbacks: CallbackSender(sandbox: sandbox, transport: transport),
                origin: origin,
                hosts: options.hosts,
                callbackURL: nil,
                warnings: []
            )
        } _: { server in
            try await body(RunningSandbox(server: server, sandbox: sandbox))
        }
    }

    /// The newest call of the history.
    func newest() throws -> RecordedCall { try #require(sandbox.history.calls(after: 0, nil, limit: 1).first) }
}

/// A proxy over HTTP.
struct RunningProxy {
    let server: RunningServer
    let proxy: Proxy

    /// Runs a proxy before a server during `body`.
    static func run(to url: String, _ file: CredentialsFile, _ body: (RunningProxy) async throws -> Void) async throws {
        let transport = AsyncHTTPClientTransport()
        let target = try APIBase(url)
        let judges = try ProxyJudges(file, serverPrivateKey: nil, endpoints: .documented, basePath: target.path)
        let history = CallHistory(capacity: 100)
        let proxy = Proxy(target: target, judges: judges, history: history, transport: transport)
        try await RunningServer.run(history: history, transport: transport) { options, origin in
            let routes = HistoryRoutes(
                history: history,
                origin: origin,
                vectorContext: { try judges.vectorContext() },
                state: { try InterfaceJSON.text(ProxyState(proxy, baseURL: target.text, file, warnings: [])) }
            )
            return ProxyResponder(proxy: proxy, routes: routes, hosts: options.hosts)
        } _: { server in
            try await body(RunningProxy(server: server, proxy: proxy))
        }
    }

    /// The newest call of the history.
    func newest() throws -> RecordedCall { try #require(proxy.history.calls(after: 0, nil, limit: 1).first) }
}

/// A server that answers every request by a closure, and remembers the heads of the requests.
struct StubServer: Sendable {
    private let heads = Locked<[HTTPRequest]>([])

    /// The heads of the requests so far.
    var requests: [HTTPRequest] { heads.withLock { $0 } }

    /// Runs the server during `body`, which gets the URL without a path.
    func run(
        _ answer: @escaping @Sendable (HTTPRequest, [UInt8]) async -> Response,
        _ body: (String) async throws -> Void
    ) async throws {
        let heads = heads
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { request, _ in
                let bytes = Array(try await request.body.collect(upTo: 1 << 20).readableBytesView)
                heads.withLock { $0.append(request.head) }
                return await answer(request.head, bytes)
            },
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "stub") { _ in SwiftLogNoOpLogHandler() }
        )
        let server = Task { try await application.run() }
        defer { server.cancel() }
        var iterator = ports.makeAsyncIterator()
        let port = await iterator.next() ?? 0
        try await body("http://127.0.0.1:\(port)")
    }

    /// A response with text.
    static func response(
        _ status: HTTPResponse.Status,
        _ text: String = "",
        _ headers: HTTPFields = [:]
    ) -> Response {
        Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// The text of an error of the control interface.
func interfaceError(_ text: String) throws -> (code: String, detail: String) {
    struct Body: Decodable {
        struct Fault: Decodable {
            let code, detail: String
        }

        let error: Fault
    }
    let fault = try JSONDecoder().decode(Body.self, from: Data(text.utf8)).error
    return (fault.code, fault.detail)
}
#endif
