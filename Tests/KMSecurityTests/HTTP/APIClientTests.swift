import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import Synchronization
import Testing

/// Calls over a transport that plays a script.
@Suite("API client") struct APIClientTests {
    /// What the transport does with a request.
    enum Step: Sendable {
        case answer
        case reply(Int, String)
        case fail(HTTPTransportError.Reason)
    }

    /// Hands requests to a server in the same process, or fails as the script says.
    final class ScriptedTransport: HTTPTransport {
        private struct State {
            var steps: [Step]
            var requests: [(HTTPRequest, [UInt8])] = []
        }

        private let server: ServerSecurity
        private let state: Mutex<State>

        init(_ server: ServerSecurity, _ steps: [Step]) {
            self.server = server
            state = Mutex(State(steps: steps))
        }

        var requests: [(HTTPRequest, [UInt8])] { state.withLock { $0.requests } }

        func send(
            _ request: HTTPRequest,
            _ body: [UInt8],
            limit byteCount: Int,
            deadline: ContinuousClock.Instant
        ) async throws -> (HTTPResponse, [UInt8]) {
            let step = state.withLock { state in
                state.requests.append((request, body))
                return state.steps.removeFirst()
            }
            switch step {
            case .fail(let reason): throw HTTPTransportError(reason, "script")
            case .reply(let status, let text): return (HTTPResponse(status: .init(code: status)), Array(text.utf8))
            case .answer:
                let endpoints = try EndpointTable([.waitingPhysicalCards])
                let response = await server.respond(to: request, body, in: endpoints, below: "/open-api") { call in
                    call.parameters
                }
                return (response.httpResponse, response.body)
            }
        }
    }

    let pair: ClientAndServer

    init() throws { pair = try ClientAndServer() }

    private func client(
        _ steps: [Step],
        _ retry: APIClient.Retry = .ifNotSent,
        count: Int = 3,
        timeout: Duration = .seconds(600)
    ) throws -> (APIClient, ScriptedTransport) {
        let transport = ScriptedTransport(try pair.server(), steps)
        let client = APIClient(
            security: try pair.client(),
            transport: transport,
            baseURL: try BaseURL("https://api.example.com/open-api/"),
            configuration: .init(timeout: timeout, retry: retry, maximumAttemptCount: count)
        )
        return (client, transport)
    }

    @Test("A call goes below the base path, and is opened") func call() async throws {
        let (client, transport) = try client([.answer])
        let answer: [String: Int] = try await client.call(.waitingPhysicalCards, ["userId": 1])
        #expect(answer == ["userId": 1])
        let (head, _) = try #require(transport.requests.first)
        #expect(head.path == "/open-api/api/v1/issued-cards/pre-issue/waiting/physical")
        #expect(head.scheme == "https" && head.authority == "api.example.com" && head.method == .post)
        #expect(head.headerFields[.contentType] == "application/json")
    }

    @Test("A call that was not sent is sealed anew and sent again") func retry() async throws {
        let (client, transport) = try client([.fail(.notSent), .fail(.notSent), .answer])
        let answer: [Int] = try await client.call(.waitingPhysicalCards, [7])
        #expect(answer == [7])
        #expect(Set(transport.requests.map { $0.0.headerFields[.kmCorrelationID] }).count == 3)
        #expect(Set(transport.requests.map(\.1)).count == 3)
    }

    @Test("A call that may have run is sent again only if it may run twice") func mayHaveRun() async throws {
        for (step, code) in [
            (Step.fail(.connectionFailed), KMError.Code.callFailed), (.reply(503, ""), .statusUnexpected),
            (.reply(502, "<html>"), .statusUnexpected), (.reply(504, ""), .statusUnexpected),
        ] {
            let (careful, transport) = try client([step, .answer])
            await #expect(throws: KMError(code)) { try await careful.call(.waitingPhysicalCards, bytes: [0x30]) }
            #expect(transport.requests.count == 1)
            let (eager, _) = try client([step, .answer], .insecureEvenIfCallRunsTwice)
            #expect(try await eager.call(.waitingPhysicalCards, bytes: [0x30]).parameters == [0x30])
            let (never, _) = try client([step, .answer], .never)
            await #expect(throws: KMError(code)) { try await never.call(.waitingPhysicalCards, bytes: [0x30]) }
        }
        let (never, transport) = try client([.fail(.notSent), .answer], .never)
        await #expect(throws: KMError(.callNotSent)) { try await never.call(.waitingPhysicalCards, bytes: [0x30]) }
        #expect(transport.requests.count == 1)
    }

    @Test("A call of which one attempt may have run is not reported as not sent") func mixedAttempts() async throws {
        for first in [Step.fail(.connectionFailed), .reply(502, "")] {
            let (client, _) = try client([first, .fail(.notSent), .fail(.notSent)], .insecureEvenIfCallRunsTwice)
            await #expect(throws: KMError(.callFailed)) { try await client.call(.waitingPhysicalCards, bytes: [0x30]) }
        }
    }

    @Test("A path that leads elsewhere is not sent") func paths() async throws {
        for path in ["@evil.example/x", "", "a", "/a?b", "/a#b", "/a/../b", "/a/./b", "/..", "/a b", "/é"] {
            let (client, transport) = try client([.answer])
            await #expect(throws: KMError(.configurationInvalid)) {
                try await client.call(Endpoint(path), bytes: [0x30])
            }
            #expect(transport.requests.isEmpty)
        }
    }

    @Test("Attempts and time are limited") func limits() async throws {
        let (client, transport) = try client([.fail(.notSent), .fail(.notSent), .fail(.notSent), .answer])
        await #expect(throws: KMError(.callNotSent)) { try await client.call(.waitingPhysicalCards, bytes: [0x30]) }
        #expect(transport.requests.count == 3)
        let (late, _) = try self.client([.fail(.deadlineExceeded), .answer], .insecureEvenIfCallRunsTwice)
        await #expect(throws: KMError(.callTimedOut)) { try await late.call(.waitingPhysicalCards, bytes: [0x30]) }
        // There is no time left for a pause and a second attempt.
        let (short, few) = try self.client([.fail(.notSent), .answer], timeout: .milliseconds(20))
        await #expect(throws: KMError(.callNotSent)) { try await short.call(.waitingPhysicalCards, bytes: [0x30]) }
        #expect(few.requests.count == 1)
    }

    @Test("Each status has its own meaning") func statuses() async throws {
        let rejected = String(decoding: PlatformError.invalidCardInfo.result.body, as: UTF8.self)
        let (client, _) = try client([.reply(400, rejected)])
        await #expect(throws: PlatformError.invalidCardInfo) {
            try await client.call(.waitingPhysicalCards, bytes: [0x30])
        }
        let success = String(decoding: PlatformResult.success.body, as: UTF8.self)
        for step in [
            Step.reply(400, ""), .reply(400, "<html>"), .reply(400, success), .reply(500, rejected), .reply(302, ""),
            .reply(204, ""), .reply(401, rejected),
        ] {
            let (client, _) = try self.client([step])
            await #expect(throws: KMError(.statusUnexpected)) {
                try await client.call(.waitingPhysicalCards, bytes: [0x30])
            }
        }
        // An unencrypted success, and one without the correlation id.
        let (plain, _) = try self.client([.reply(200, #"{"issuedCardList":[]}"#)])
        await #expect(throws: KMError(.headerMissing)) { try await plain.call(.waitingPhysicalCards, bytes: [0x30]) }
    }

    @Test("A cancelled call ends with a cancellation") func cancellation() async throws {
        let (client, _) = try client([.fail(.notSent), .answer])
        let task = Task { try await client.call(.waitingPhysicalCards, bytes: [0x30]) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("A query is sent as it is, or rejected") func query() async throws {
        let endpoint = Endpoint("/a", method: .get, request: .plain, response: .plain)
        let (client, transport) = try client([.reply(404, "")])
        await #expect(throws: KMError(.statusUnexpected)) {
            try await client.call(endpoint, bytes: [], query: "a=%20&b")
        }
        #expect(transport.requests.first?.0.path == "/open-api/a?a=%20&b")
        #expect(transport.requests.first?.0.headerFields[.contentType] == nil)
        for query in ["a b", "a#b", "é", "a\r\nX: y"] {
            await #expect(throws: KMError(.configurationInvalid)) {
                try await client.call(endpoint, bytes: [], query: query)
            }
        }
    }

    @Test("A base URL is https unless it is named insecure") func baseURL() throws {
        let url = try BaseURL("HTTPS://api.example.com:8443/open-api//")
        #expect(url.scheme == "https" && url.authority == "api.example.com:8443" && url.path == "/open-api")
        #expect(try BaseURL("https://[::1]:8443").authority == "[::1]:8443")
        #expect(try BaseURL(insecure: "http://127.0.0.1").path == "")
        for text in [
            "http://api.example.com", "api.example.com", "https://", "https://user@api.example.com",
            "https://api.example.com?a", "https://api.example.com#a", "ftp://api.example.com", "", "https:// a",
        ] {
            #expect(throws: KMError(.configurationInvalid)) { try BaseURL(text) }
        }
    }
}
