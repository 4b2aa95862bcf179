#if Sandbox
import Foundation
import HTTPTypes
import KMAsyncHTTPClient
import KMSecurity
import Testing

@testable import kmsandbox

@Suite("Tests of clients that report by themselves") struct ListenServerTests {
    private func send(_ method: HTTPRequest.Method, _ path: String, port: Int) async throws -> (Int, [UInt8]) {
        let request = HTTPRequest(method: method, scheme: "http", authority: "127.0.0.1:\(port)", path: path)
        let transport = AsyncHTTPClientTransport()
        let (response, body) = try await transport.send(request, [], limit: 1 << 20, deadline: .now + .seconds(30))
        try await transport.shutdown()
        return (response.status.code, body)
    }

    @Test("The cases are listed, calls are answered, and reports end the test") func reports() async throws {
        let run = try ClientRun(ListenKeys())
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let server = Task { try await ListenServer(run: run).serve(port: 0) { continuation.yield($0) } }
        defer { server.cancel() }
        var iterator = ports.makeAsyncIterator()
        let port = await iterator.next() ?? 0

        let (status, json) = try await send(.get, "/cases", port: port)
        let cases = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [[String: Any]])
        #expect(status == 200 && cases.map { $0["name"] as? String } == ClientCase.all.map(\.name))
        let baseURL = try #require(cases[0]["baseURL"] as? String)
        #expect(baseURL == "http://127.0.0.1:\(port)/case/right/open-api")

        // A right call to the first case, and none to the others.
        let transport = AsyncHTTPClientTransport()
        let client = APIClient(
            security: try run.keys.file.clientSecurity(profile: .documented),
            transport: transport,
            baseURL: try BaseURL(insecure: baseURL)
        )
        let answer = try await client.call(.waitingPhysicalCards, bytes: CredentialsFile.documentedParameters)
        #expect(answer.parameters == AnswerMaker.parameters)
        try await transport.shutdown()

        for test in ClientCase.all {
            #expect(await !run.isComplete)
            let report = test.accepts ? "accepted" : "rejected"
            #expect(try await send(.post, "/case/\(test.name)/\(report)", port: port).0 == 204)
        }
        #expect(await run.isComplete)
        let results = await run.results
        #expect(results[0].result == .passed)
        #expect(results.dropFirst().allSatisfy { $0.observed == "the client sent no call" && $0.result == .failed })
    }

    @Test("Unknown cases and paths are not found") func unknown() async throws {
        let run = try ClientRun(ListenKeys())
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let server = Task { try await ListenServer(run: run).serve(port: 0) { continuation.yield($0) } }
        defer { server.cancel() }
        var iterator = ports.makeAsyncIterator()
        let port = await iterator.next() ?? 0
        for path in ["/", "/case/none/accepted", "/case/right", "/case/right/other", "/case/right/accepted/x"] {
            #expect(try await send(.post, path, port: port).0 == 404, "\(path)")
        }
        #expect(try await send(.get, "/case/right/accepted", port: port).0 == 404)
        #expect(await run.results.allSatisfy { $0.result == .skipped })
    }
}
#endif
