import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import Logging
import Testing

/// Responding to a request with one call, which attributes each error to the caller or to the server.
@Suite("Responding")
struct RespondTests {
    private let ends: ClientAndServer
    private let server: ServerSecurity
    private let log = CapturedLog()

    init() throws {
        ends = try ClientAndServer()
        server = try ends.server(logger: log.logger)
    }

    private func request() throws -> SealedRequest {
        try ends.client().seal(ClientAndServer.parameters)
    }

    private var logged: [String] {
        log.records.map { "\($0.level) \($0.metadata["km.code"].map { "\($0)" } ?? "")" }
    }

    @Test("The returned answer is sealed under the request's key")
    func success() async throws {
        let request = try request()
        let answer = Array(#"{"issuedCardList":[]}"#.utf8)
        let response = await server.respond(to: request.headers, request.body) { call in
            #expect(call.parameters == ClientAndServer.parameters)
            return answer
        }
        #expect(response.status == .ok)
        #expect(try await ends.client().open(response.headers, response.body, answering: request).parameters == answer)
        #expect(logged == ["debug done", "debug done"])
    }

    @Test("The rules of the endpoint apply to the request and to the response")
    func policy() async throws {
        let policy = try Endpoint(
            "/test",
            request: .init(.fields("$.physicalCardNo")),
            response: .init(.none)
        )
        let request = try await ends.client().seal(ClientAndServer.parameters, for: policy)
        let response = await server.respond(to: request.headers, request.body, for: policy) { $0.parameters }
        #expect(response.status == .ok)
        #expect(response.body == ClientAndServer.parameters)
    }

    @Test("A rejected request gets the public error response, and the handler does not run")
    func rejectedRequest() async throws {
        let request = try request()
        _ = try await server.open(request)
        let response = await server.respond(to: request.headers, request.body) { _ in
            Issue.record("a replayed request reached the handler")
            return []
        }
        #expect(response.status == .badRequest)
        #expect(response.body == PlatformError.invalidInputParameter.result.body)
        #expect(response.headers[.kmCorrelationID] == request.headers[.kmCorrelationID])
        #expect(logged == ["debug done", "notice replayed"])
    }

    @Test("A server error while opening is answered with 500")
    func ownFault() async throws {
        let full = try ends.server(replayGuard: CountingGuard(.full(limit: 1)))
        let request = try request()
        let response = await full.respond(to: request.headers, request.body) { $0.parameters }
        #expect(response.status == .internalServerError)
        #expect(response.body == [])
    }

    @Test(
        "A thrown PlatformError is sent as the response",
        arguments: [PlatformError.notFoundIssuedCards, .walletUserNotFound]
    )
    func rejection(_ error: PlatformError) async throws {
        let request = try request()
        let response = await server.respond(to: request.headers, request.body) { _ in throw error }
        #expect(response.status == .badRequest)
        #expect(response.body == error.result.body)
        #expect(response.headers == [.kmCorrelationID: try #require(request.headers[.kmCorrelationID])])
        #expect(logged == ["debug done", "debug \(error.result.code)"])
    }

    /// Errors thrown by a handler, including some that would be the caller's fault if `open` threw them.
    private static let faults: [(error: any Error, code: String)] = [
        (KMError(.tokenMismatch), "tokenMismatch"), (KMError(.limitExceeded), "limitExceeded"),
        (KMError(.keyNotActive, "a detail"), "keyNotActive"), (Outage(text: "secret"), "Outage"),
        (CancellationError(), "CancellationError"),
    ]

    @Test("Any other thrown error is answered with 500 and no body, and logged at error level")
    func faults() async throws {
        for (error, code) in Self.faults {
            let request = try request()
            let response = await server.respond(to: request.headers, request.body) { _ in throw error }
            #expect(response.status == .internalServerError)
            #expect(response.body == [])
            #expect(response.headers == [.kmCorrelationID: try #require(request.headers[.kmCorrelationID])])
            #expect(logged.last == "error \(code)")
        }
        #expect(log.records.allSatisfy { !$0.text.contains("secret") })
    }

    @Test("Undecodable parameters are the caller's fault; an undecodable upstream response is the server's")
    func undecodable() async throws {
        struct Other: Decodable {
            let notThere: String
        }
        var request = try request()
        let response = await server.respond(to: request.headers, request.body) { call in
            _ = try call.decode(Other.self)
            return call.parameters
        }
        #expect(response.status == .badRequest)
        #expect(response.body == PlatformError.invalidInputParameter.result.body)
        #expect(logged.last == "notice parametersInvalid")
        #expect(log.records.last?.text.contains("notThere") == true)
        request = try self.request()
        let ours = await server.respond(to: request.headers, request.body) { _ in throw KMError(.responseInvalid) }
        #expect(ours.status == .internalServerError)
        #expect(logged.last == "error responseInvalid")
    }

    @Test("A handler's answer that cannot be sealed results in 500")
    func unsealable() async throws {
        let request = try request()
        let response = await server.respond(to: request.headers, request.body) { _ in Array("no JSON".utf8) }
        #expect(response.status == .internalServerError)
        #expect(logged.last == "error malformedJSON")
        let only = try ends.server(
            keyring: CryptoKeyring([CryptoKey(id: ends.keyID, decryptionKey: TestKeys.first())], primary: nil)
        )
        let other = try self.request()
        #expect(await only.respond(to: other.headers, other.body) { $0.parameters }.status == .internalServerError)
    }

    /// An actor whose state the handler uses.
    private actor Store {
        private var count = 0

        func respond(_ server: ServerSecurity, _ request: SealedRequest) async -> (SealedResponse, Int) {
            let response = await server.respond(to: request.headers, request.body) { call in
                count += 1
                return call.parameters
            }
            return (response, count)
        }
    }

    @Test("The handler runs on the caller's actor")
    func isolation() async throws {
        let store = Store()
        for count in 1...3 {
            let (response, counted) = await store.respond(server, try request())
            #expect(response.status == .ok)
            #expect(counted == count)
        }
    }

    @Test("Callbacks are answered in the same way")
    func callback() async throws {
        let callbacks = try ends.server(
            party: .serviceProvider,
            credentials: StaticCredentials([
                .callback(ends.aspID): [Credential(insecureForAnyAspID: ends.secretKey, cryptoKeyIDs: .insecureAny)]
            ]),
            logger: log.logger
        )
        let platform = try ClientSecurity(
            party: .platform,
            aspID: ends.aspID,
            secretKey: ends.secretKey,
            keyring: CryptoKeyring(primary: ends.clientKey),
            clock: ends.clock.now
        )
        let request = try platform.seal(ClientAndServer.parameters)
        let response = await callbacks.respond(to: request.headers, request.body) { $0.parameters }
        let opened = try await platform.open(response.headers, response.body, answering: request)
        #expect(opened.parameters == ClientAndServer.parameters)
        #expect(await callbacks.respond(to: request.headers, request.body) { $0.parameters }.status == .badRequest)
        #expect(logged == ["debug done", "debug done", "notice replayed"])
    }
}
