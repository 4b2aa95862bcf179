#if Hummingbird && AsyncHTTPClient
import HTTPTypes
import Hummingbird
import HummingbirdTLS
import KMAsyncHTTPClient
import KMHummingbird
import KMSecurity
import NIOSSL
import ServiceLifecycle

/// The Swift blocks of the article "Calls over HTTP".
enum HTTPSnippets {
    struct CardQuery: Codable {
        let userId: UInt64
    }

    struct WaitingCards: Codable {
        struct Item: Codable {
            let status: String
        }

        let issuedCardList: [Item]
    }

    static func server(
        _ server: ServerSecurity,
        _ keyring: some Service,
        _ credentials: some Service,
        _ tlsConfiguration: TLSConfiguration,
        port: Int,
        cards: @escaping @Sendable (CardQuery) async throws -> WaitingCards?
    ) async throws {
        let router = Router()
        router.add(middleware: TracingMiddleware())
        try router.km(server, below: "/open-api")
            .on(.waitingPhysicalCards) { call, _ in
                let query = try call.decode(CardQuery.self)
                guard let cards = try await cards(query) else { throw PlatformError.notFoundIssuedCards }
                return cards
            }
        let app = Application(
            router: router,
            server: try .tls(.http1(configuration: .km()), tlsConfiguration: tlsConfiguration),
            configuration: .init(address: .hostname("127.0.0.1", port: port)),
            services: [keyring, credentials]
        )
        try await app.runService()
    }

    static func middleware(
        _ server: ServerSecurity,
        _ table: EndpointTable,
        answer: @escaping @Sendable (CardQuery, String?) async throws -> String
    ) -> Router<BasicPlatformRequestContext> {
        let router = Router(context: BasicPlatformRequestContext.self)
        router.get("health") { _, _ in HTTPResponse.Status.ok }
        router.group("open-api")
            .add(middleware: PlatformMiddleware(server: server, endpoints: table, below: "/open-api"))
            .post("api/v1/user/card/info") { request, context in
                let query = try await request.decode(as: CardQuery.self, context: context)
                return try await answer(query, context.call?.credentialName)
            }
        return router
    }

    static func client(_ security: ClientSecurity, _ query: CardQuery) async throws -> [String] {
        let client = APIClient(
            security: security,
            transport: AsyncHTTPClientTransport(),
            baseURL: try BaseURL("https://api.example.com/open-api"),
            configuration: .init(timeout: .seconds(10))
        )
        do {
            let cards: WaitingCards = try await client.call(.waitingPhysicalCards, query)
            return cards.issuedCardList.map(\.status)
        } catch let error as PlatformError where error == .notFoundIssuedCards {
            return []
        }
    }

    /// What an adapter for another framework needs.
    struct Adapter {
        let server: ServerSecurity
        let table: EndpointTable
        let parameters: @Sendable (OpenedRequest) async throws -> [UInt8]

        private func parameters(for call: OpenedRequest) async throws -> [UInt8] { try await parameters(call) }

        func handle(_ request: HTTPRequest, _ body: [UInt8]) async -> (HTTPResponse, [UInt8]) {
            let response = await server.respond(to: request, body, in: table, below: "/open-api") { call in
                try await parameters(for: call)
            }
            return (response.httpResponse, response.body)
        }
    }
}

extension HTTPSnippets {
    struct PlatformServerMiddleware: ServerMiddleware {
        let server: ServerSecurity
        let table: EndpointTable

        func intercept(
            _ request: HTTPRequest,
            body: HTTPBody?,
            metadata: ServerRequestMetadata,
            operationID: String,
            next: @Sendable (HTTPRequest, HTTPBody?, ServerRequestMetadata) async throws -> (HTTPResponse, HTTPBody?)
        ) async throws -> (HTTPResponse, HTTPBody?) {
            let limit = server.configuration.limits.maximumBodyByteCount
            var bytes: [UInt8] = []
            do {
                if let body { bytes = try await Array(collecting: body, upTo: limit) }
            } catch {
                let rejected = server.publicResponse(to: KMError(.limitExceeded), answering: request.headerFields)
                return (rejected.httpResponse, HTTPBody(rejected.body))
            }
            let sealed = await server.respond(to: request, bytes, in: table, below: "/open-api") { call in
                let (response, answer) = try await next(request, HTTPBody(call.parameters), metadata)
                guard response.status == .ok, let answer else { throw KMError(.statusUnexpected) }
                return try await Array(collecting: answer, upTo: limit)
            }
            return (sealed.httpResponse, HTTPBody(sealed.body))
        }
    }
}
#endif
