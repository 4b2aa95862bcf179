#if Hummingbird && AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import KMAsyncHTTPClient
import KMHummingbird
import KMSecurity
import KMSecurityTestSupport
import KMURLSession
import Testing

/// Whole calls over HTTP on loopback: client, HTTP, server, and back.
@Suite("Calls over HTTP") struct CallTests {
    struct Query: Codable {
        let userId: UInt64
        let physicalCardNo: String
        let physicalCardExpDate: String
        let physicalCardCVC: String
    }

    struct Cards: Codable, Equatable, Sendable {
        struct Digital: Codable, Equatable, Sendable {
            let cardNo: String
            let mobileCardCVC: String
        }

        struct Item: Codable, Equatable, Sendable {
            let digital: Digital
        }

        let issuedCardList: [Item]

        static let one = Cards(issuedCardList: [
            Item(digital: Digital(cardNo: "9999990000000014", mobileCardCVC: "737"))
        ])
    }

    static let query = Query(
        userId: 9_999_999_999_999_999_999,
        physicalCardNo: "9491339401250765",
        physicalCardExpDate: "3108",
        physicalCardCVC: "211"
    )

    let pair: ClientAndServer

    init() throws { pair = try ClientAndServer() }

    private func router() throws -> Router<BasicRequestContext> {
        let router = Router()
        router.get("health") { _, _ in HTTPResponse.Status.ok }
        let handler: @Sendable (OpenedRequest, BasicRequestContext) async throws -> Cards = { call, _ in
            let query = try call.decode(Query.self)
            guard query.userId == 9_999_999_999_999_999_999 else { throw PlatformError.walletUserNotFound }
            return Cards.one
        }
        let server = try pair.server(acceptsEmptyBodies: true)
        try router.km(server, below: "/open-api")
            .on(.waitingPhysicalCards, handler)
            .on(Endpoint("/api/v1/plain", request: .plain, response: .message), handler)
            .on(Endpoint("/api/v1/get", method: .get, request: .plain, response: .plain)) { call, _ in
                ["length": call.parameters.count]
            }
            .on(Endpoint("/api/v1/fault")) { _, _ -> Cards in throw CancellationError() }
        let fields = try router.km(pair.server(), below: "/by-field")
        try fields.on(.waitingPhysicalCardsByField, handler)
        return router
    }

    private func client(_ transport: any HTTPTransport, _ url: String) throws -> APIClient {
        APIClient(security: try pair.client(), transport: transport, baseURL: try BaseURL(insecure: url))
    }

    @Test("AsyncHTTPClient calls every kind of endpoint", arguments: HTTPKind.allCases)
    func asyncHTTPClient(_ kind: HTTPKind) async throws {
        try await withServer(router(), kind) { port in try await check(kind.transport(), kind.url(port)) }
    }

    @Test("URLSession calls every kind of endpoint") func urlSession() async throws {
        try await withServer(router()) { port in try await check(URLSessionTransport(), HTTPKind.plain.url(port)) }
    }

    @Sendable private func check(_ transport: any HTTPTransport, _ url: String) async throws {
        let client = try client(transport, url)
        let cards: Cards = try await client.call(.waitingPhysicalCards, Self.query)
        #expect(cards == .one)
        let plain: Cards = try await client.call(
            Endpoint("/api/v1/plain", request: .plain, response: .message),
            Self.query
        )
        #expect(plain == .one)
        let lengths: [String: Int] = try await client.call(
            Endpoint("/api/v1/get", method: .get, request: .plain, response: .plain),
            query: "a=1&b=%20"
        )
        #expect(lengths == ["length": 0])
        let byField = try self.client(transport, url.replacing("open-api", with: "by-field"))
        #expect(try await byField.call(.waitingPhysicalCardsByField, Self.query) == Cards.one)

        await #expect(throws: PlatformError.walletUserNotFound) {
            let query = Query(userId: 1, physicalCardNo: "", physicalCardExpDate: "", physicalCardCVC: "")
            let _: Cards = try await client.call(.waitingPhysicalCards, query)
        }
        await #expect(throws: PlatformError.invalidInputParameter) {
            let _: Cards = try await client.call(.waitingPhysicalCards, ["userId": "x"])
        }
        await #expect(throws: KMError(.statusUnexpected)) {
            let _: Cards = try await client.call(Endpoint("/api/v1/fault"), Self.query)
        }
        await #expect(throws: KMError(.statusUnexpected)) {
            let _: Cards = try await client.call(Endpoint("/api/v1/missing"), Self.query)
        }
        await #expect(throws: KMError(.responseInvalid)) {
            let _: [Int] = try await client.call(.waitingPhysicalCards, Self.query)
        }
    }

    @Test("The middleware gives routes the decrypted body, and seals what they return") func middleware()
        async throws
    {
        let router = Router(context: BasicPlatformRequestContext.self)
        router.group("open-api")
            .add(
                middleware: PlatformMiddleware(
                    server: try pair.server(),
                    endpoints: .documented,
                    below: "/open-api"
                )
            )
            .post("api/v1/user/card/info") { request, context in
                #expect(context.call?.endpoint.path == "/api/v1/user/card/info")
                let query = try await request.decode(as: Query.self, context: context)
                #expect(query.userId == 9_999_999_999_999_999_999)
                return EditedResponse(response: "[1]")
            }
            .post("api/v1/user/registration") { _, _ in EditedResponse(status: .created, response: "{}") }
            .post("api/v1/secret") { _, _ in "must not be reached" }
        try await withServer(router) { port in
            let client = try client(HTTPKind.plain.transport(), HTTPKind.plain.url(port))
            let answer: [Int] = try await client.call(Endpoint("/api/v1/user/card/info"), Self.query)
            #expect(answer == [1])
            // What the route cannot decode is the caller's fault.
            await #expect(throws: PlatformError.invalidInputParameter) {
                try await client.call(Endpoint("/api/v1/user/card/info"), bytes: Array(#"{"userId":"x"}"#.utf8))
            }
            // Any other status than 200 would be sent without protection.
            await #expect(throws: KMError(.statusUnexpected)) {
                try await client.call(Endpoint("/api/v1/user/registration"), bytes: Array("{}".utf8))
            }
            // The table has no such endpoint, and no other spelling of a path gets around the checks.
            let paths = [
                "/api/v1/secret", "//api/v1/user/card/info", "/api/v1/user/card/info/", "/api/v1/user/card//info",
                "/api/v1/user/card/inf%6F", "/API/v1/user/card/info",
            ]
            for path in paths {
                for endpoint in [Endpoint(path), Endpoint(path, request: .plain)] {
                    await #expect(throws: KMError(.statusUnexpected)) {
                        try await client.call(endpoint, bytes: Array("{}".utf8))
                    }
                }
            }
        }
    }

    @Test("A path that means something to the router cannot be a route") func routerPath() throws {
        let routes = try Router().km(pair.server())
        for path in ["/a/:id", "/a/*", "/a/{id}"] {
            #expect(throws: KMError(.configurationInvalid)) { try routes.on(Endpoint(path), bytes: { _, _ in [] }) }
        }
    }

    @Test("A server of callbacks opens the platform's calls") func callbacks() async throws {
        let router = Router()
        let server = try pair.server(
            party: .serviceProvider,
            credentials: StaticCredentials([
                .callback(pair.aspID): [
                    Credential(secretKey: pair.secretKey, aspID: pair.aspID, cryptoKeyIDs: [pair.keyID])
                ]
            ])
        )
        try router.km(server).on(Endpoint("/callback")) { call, _ in try call.decode([Int].self).count }
        let platform = try ClientSecurity(
            party: .platform,
            aspID: pair.aspID,
            secretKey: pair.secretKey,
            keyring: pair.clientRing,
            clock: pair.clock.now
        )
        try await withServer(router) { port in
            let client = APIClient(
                security: platform,
                transport: try HTTPKind.plain.transport(),
                baseURL: try BaseURL(insecure: "http://localhost:\(port)")
            )
            let count: Int = try await client.call(Endpoint("/callback"), [1, 2, 3])
            #expect(count == 3)
        }
    }
}
#endif
