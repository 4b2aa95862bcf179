#if Sandbox
import Foundation
import HTTPTypes
import Hummingbird
import KMHummingbird
import KMPrimitives
import KMSecurity
import Logging
import NIOCore

/// The HTTP interface of a run that tests a client, on the loopback address.
///
/// - `/case/NAME/open-api/…` is the API, which answers as the case says.
/// - `POST /case/NAME/accepted` and `/rejected` report what the client did with the answer.
/// - `GET /cases` lists the cases.
struct ListenServer {
    let run: ClientRun

    /// Serves until the task is cancelled.
    ///
    /// - Parameters:
    ///   - port: The port; 0 for a free one.
    ///   - whenReady: Called with the port when the server listens.
    /// - Throws: ``KMError`` `portUnavailable`.
    func serve(port: Int, whenReady: @escaping @Sendable (Int) async -> Void) async throws {
        let run = run
        let responder = CallbackResponder<BasicRequestContext> { request, _ in try await Self.respond(request, run) }
        let application = Application(
            responder: responder,
            server: .http1(configuration: .km()),
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { channel in await whenReady(channel.localAddress?.port ?? 0) },
            logger: Logger(label: "listen") { _ in SwiftLogNoOpLogHandler() }
        )
        do { try await application.run() } catch {
            throw ListeningFault.error(error, host: "127.0.0.1", port: port, hasHost: false)
        }
    }

    private static func respond(_ request: Request, _ run: ClientRun) async throws -> Response {
        let path = request.uri.path
        if request.method == .get, path == "/cases" { return try list(request, run.cases) }
        let words = path.split(separator: "/", maxSplits: 2).map(String.init)
        guard words.count == 3, words[0] == "case", let test = run.cases.first(where: { $0.name == words[1] })
        else { return unknown() }
        let rest = words[2]
        if request.method == .post, rest == "accepted" || rest == "rejected" {
            await run.report(test.name, hasAccepted: rest == "accepted")
            return Response(status: .noContent)
        }
        guard rest.hasPrefix("open-api/") else { return unknown() }
        let body = try await request.body.collect(upTo: 2 << 20)
        let answer = try await run.answer(
            test,
            request.head,
            path: String(rest.dropFirst("open-api".count)),
            Array(body.readableBytesView)
        )
        return Response(
            status: answer.status,
            headers: answer.headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        )
    }

    private static func unknown() -> Response {
        InterfaceError.response(
            .pageUnknown,
            "there is nothing at this path; GET /cases lists the cases, and the base URL of one is /case/NAME/open-api",
            .notFound
        )
    }

    /// The cases as JSON, for clients that report by themselves.
    private static func list(_ request: Request, _ cases: [ClientCase]) throws -> Response {
        struct Item: Encodable {
            let name: String
            let baseURL: String
            let expected: String
            let accepts: Bool
        }
        let host = request.head.authority ?? "127.0.0.1"
        let items = cases.map {
            Item(name: $0.name, baseURL: baseURL($0.name, host: host), expected: $0.expected, accepts: $0.accepts)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(items)))
        )
    }

    /// The base URL of a case.
    static func baseURL(_ name: String, host: String) -> String { "http://\(host)/case/\(name)/open-api" }
}
#endif
