#if Hummingbird && AsyncHTTPClient
import AsyncHTTPClient
import HTTPTypes
import Hummingbird
import KMAsyncHTTPClient
import KMHummingbird
import KMSecurity
import KMSecurityTestSupport
import ServiceLifecycle
import Testing

/// Runs the Swift blocks of the article "Calls over HTTP".
@Suite("Article: calls over HTTP") struct HTTPSnippetTests {
    private struct IdleService: Service {
        func run() async throws { try await gracefulShutdown() }
    }

    let pair: ClientAndServer

    init() throws { pair = try ClientAndServer() }

    private func api(_ transport: any HTTPTransport, _ url: String) throws -> APIClient {
        APIClient(security: try pair.client(), transport: transport, baseURL: try BaseURL(insecure: url))
    }

    @Test("The server answers") func server() async throws {
        let port = Int.random(in: 32_000..<60_000)
        let server = try pair.server()
        let tls = try LocalTLS.server()
        let running = Task {
            try await HTTPSnippets.server(server, IdleService(), IdleService(), tls, port: port) { query in
                query.userId == 1 ? HTTPSnippets.WaitingCards(issuedCardList: [.init(status: "READY")]) : nil
            }
        }
        let client = try api(HTTPKind.tls.transport(), "https://localhost:\(port)/open-api")
        var cards: HTTPSnippets.WaitingCards?
        for _ in 0..<200 where cards == nil {
            cards = try? await client.call(.waitingPhysicalCards, HTTPSnippets.CardQuery(userId: 1))
            if cards == nil { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(cards?.issuedCardList.map(\.status) == ["READY"])
        await #expect(throws: PlatformError.notFoundIssuedCards) {
            let _: HTTPSnippets.WaitingCards = try await client.call(
                .waitingPhysicalCards,
                HTTPSnippets.CardQuery(userId: 2)
            )
        }
        running.cancel()
    }

    @Test("The middleware answers") func middleware() async throws {
        let router = HTTPSnippets.middleware(try pair.server(), .documented) { query, _ in "[\(query.userId)]" }
        try await withServer(router) { port in
            let client = try api(HTTPKind.plain.transport(), HTTPKind.plain.url(port))
            let answer: [Int] = try await client.call(
                Endpoint("/api/v1/user/card/info"),
                HTTPSnippets.CardQuery(userId: 7)
            )
            #expect(answer == [7])
        }
    }

    @Test("The client reports that there is no such host") func client() async throws {
        let security = try pair.client()
        let error = await #expect(throws: KMError.self) {
            try await HTTPSnippets.client(security, HTTPSnippets.CardQuery(userId: 1))
        }
        // Some resolvers do not answer within the call's time.
        #expect(error?.code == .callNotSent || error?.code == .callTimedOut)
    }

    @Test("URLSession gets the answer") func urlSession() async throws {
        let router = Router()
        try router.km(pair.server(), below: "/open-api")
            .on(.waitingPhysicalCards) { _, _ in HTTPSnippets.WaitingCards(issuedCardList: [.init(status: "READY")]) }
        try await withServer(router) { port in
            let cards = try await URLSessionSnippets.call(
                pair.client(),
                BaseURL(insecure: HTTPKind.plain.url(port)),
                HTTPSnippets.CardQuery(userId: 1)
            )
            #expect(cards.issuedCardList.map(\.status) == ["READY"])
        }
    }

    @Test("The function for another framework, and the middleware for generated code, answer") func adapters()
        async throws
    {
        let client = try pair.client()
        let request = try await client.seal(Array("[1]".utf8), for: .waitingPhysicalCards)
        let head = request.httpRequest(authority: "localhost", basePath: "/open-api")
        let server = try pair.server()
        let adapter = HTTPSnippets.Adapter(server: server, table: .documented) { $0.parameters }
        let table = try EndpointTable([.waitingPhysicalCards])
        let (response, body) = await HTTPSnippets.Adapter(server: server, table: table) { $0.parameters }
            .handle(head, request.body)
        #expect(try await client.open(response, body, answering: request).parameters == Array("[1]".utf8))
        #expect(
            await adapter.handle(HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/x"), []).0.status
                == .notFound
        )

        let again = try await client.seal(Array("[2]".utf8), for: .waitingPhysicalCards)
        let middleware = HTTPSnippets.PlatformServerMiddleware(server: server, table: table)
        let (sealed, answer) = try await middleware.intercept(
            again.httpRequest(authority: "localhost", basePath: "/open-api"),
            body: HTTPBody(again.body),
            metadata: ServerRequestMetadata(),
            operationID: "cards"
        ) { _, body, _ in (HTTPResponse(status: .ok), body) }
        #expect(try await client.open(sealed, answer?.bytes ?? [], answering: again).parameters == Array("[2]".utf8))
    }
}
#endif
