#if Hummingbird && AsyncHTTPClient
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import KMAsyncHTTPClient
import KMHummingbird
import KMSecurity
import KMSecurityTestSupport
import Testing

/// Peers that send too much, too slowly, or not HTTP; after each of them an honest call is answered.
@Suite("Hostile peers") struct HostilePeerTests {
    let pair: ClientAndServer
    let log = CapturedLog()

    init() throws { pair = try ClientAndServer() }

    private func attack(
        reading: BodyReading = BodyReading(),
        configuration: HTTP1Channel.Configuration = .km(),
        _ attack: @Sendable (Int) async throws -> Void
    ) async throws {
        let router = Router()
        let limits = ParameterLimits(maximumBodyByteCount: 200_000)
        try router.km(pair.server(limits: limits, logger: log.logger), reading: reading)
            .on(.waitingPhysicalCards, bytes: { call, _ in call.parameters })
        try await withServer(router, .plain, configuration) { port in
            try await attack(port)
            let client = APIClient(
                security: try pair.client(),
                transport: try HTTPKind.plain.transport(),
                baseURL: try BaseURL(insecure: "http://localhost:\(port)")
            )
            #expect(try await client.call(.waitingPhysicalCards, [1]) == [1])
        }
    }

    private func codes() -> [String] { log.records.compactMap { $0.metadata["km.code"].map { "\($0)" } } }

    @Test("A body past the limit is rejected before it is read") func oversized() async throws {
        try await attack { port in
            let announced = try RawConnection(port)
            announced.send(head("Content-Length: 200001"))
            #expect(await announced.statusLine() == "HTTP/1.1 400 Bad Request")
            let chunked = try RawConnection(port)
            chunked.send(head("Transfer-Encoding: chunked"))
            let chunk = "4000\r\n" + String(repeating: "x", count: 0x4000) + "\r\n"
            for _ in 0..<20 { chunked.send(chunk) }
            #expect(await chunked.statusLine() == "HTTP/1.1 400 Bad Request")
            let huge = try RawConnection(port)
            huge.send(head("Content-Length: 99999999999999999999999"))
            let line = await huge.statusLine()
            #expect(line == "HTTP/1.1 400 Bad Request")
        }
        #expect(codes().filter { $0 == "limitExceeded" }.count == 2)
    }

    @Test("A slow body is rejected, and its connection closed") func slowBody() async throws {
        try await attack(
            reading: BodyReading(timeout: .milliseconds(200)),
            configuration: .km(requestTimeout: .seconds(4))
        ) { port in
            let connection = try RawConnection(port)
            connection.send(head("Content-Length: 1000"))
            connection.send("x")
            let dripping = Task {
                while connection.send("x") { try? await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(await connection.statusLine() == "HTTP/1.1 400 Bad Request")
            #expect(await connection.waitForClose())
            dripping.cancel()
        }
        #expect(codes().contains("bodyTimedOut"))
    }

    @Test("A head that never ends closes its connection") func slowHead() async throws {
        try await attack(configuration: .km(idleTimeout: .milliseconds(300))) { port in
            let connection = try RawConnection(port)
            connection.send("POST /api HTTP/1.1\r\nHost: localhost\r\n")
            let dripping = Task {
                while connection.send("X-A: b\r\n") { try? await Task.sleep(for: .milliseconds(20)) }
            }
            #expect(await connection.waitForClose())
            dripping.cancel()
        }
    }

    @Test("Large slow bodies share their memory, and keep out no small one") func memory() async throws {
        try await attack(reading: BodyReading(timeout: .seconds(5), maximumByteCountInProgress: 300_000)) { port in
            let connections = try (0..<6).map { _ in try RawConnection(port) }
            for connection in connections {
                connection.send(head("Content-Length: 190000"))
                connection.send("x")
            }
            // The first parts are in, so that all that follows is counted.
            try await Task.sleep(for: .milliseconds(100))
            for connection in connections { connection.send(String(repeating: "x", count: 150_000)) }
            let client = APIClient(
                security: try pair.client(),
                transport: try HTTPKind.plain.transport(),
                baseURL: try BaseURL(insecure: "http://localhost:\(port)")
            )
            #expect(try await client.call(.waitingPhysicalCards, [1]) == [1])
            var lines: [String?] = []
            for connection in connections {
                connection.send(String(repeating: "x", count: 39_999))
                lines.append(await connection.statusLine())
            }
            #expect(lines.contains("HTTP/1.1 500 Internal Server Error"))
            #expect(lines.allSatisfy { $0 != nil })
        }
        #expect(codes().contains("serverBusy"))
    }

    @Test("A half-closed connection gets its answer, and a cut body none") func halfClosed() async throws {
        try await attack { port in
            let request = try await pair.client().seal(Array("[2]".utf8), for: .waitingPhysicalCards)
            let fields =
                request.headers.map { "\($0.name): \($0.value)" } + ["Content-Length: \(request.body.count)"]
            let start = "POST \(request.endpoint.path) HTTP/1.1\r\nHost: localhost\r\n"
            let text = start + fields.map { "\($0)\r\n" }.joined() + "\r\n"
            let whole = try RawConnection(port)
            whole.send(text)
            whole.send(request.body)
            whole.halfClose()
            #expect(await whole.statusLine() == "HTTP/1.1 200 OK")
            let cut = try RawConnection(port)
            cut.send(text)
            cut.send(Array(request.body.dropLast()))
            cut.halfClose()
            #expect(await cut.statusLine() != "HTTP/1.1 200 OK")
        }
    }

    @Test(
        "What is not one plain HTTP request reaches no handler",
        arguments: [
            "\u{0}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "POST / HTTP/9.9\r\n\r\n",
            String(repeating: "A", count: 100_000),
            head("Content-Length: 3", "Content-Length: 4") + "abcd",
            head("Content-Length: 3", "Transfer-Encoding: chunked") + "0\r\n\r\n",
            head("Transfer-Encoding: xchunked") + "abc", head("Content-Length: -1"),
            head("Content-Length: 1x") + "a",
            head("X-A: " + String(repeating: "a", count: 20_000)),
            head() + head(),
        ]
    )
    func garbage(_ text: String) async throws {
        try await attack { port in
            let connection = try RawConnection(port)
            connection.send(text)
            connection.halfClose()
            let line = await connection.statusLine()
            #expect(line == nil || line?.hasPrefix("HTTP/1.1 400") == true || line?.hasPrefix("HTTP/1.1 5") == true)
        }
    }

    @Test("Hundreds of silent connections keep out no honest call") func silentConnections() async throws {
        try await attack { port in
            let connections = try (0..<400).map { _ in try RawConnection(port) }
            for connection in connections { connection.send("POST ") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let client = APIClient(
                            security: try pair.client(),
                            transport: try HTTPKind.plain.transport(),
                            baseURL: try BaseURL(insecure: "http://localhost:\(port)")
                        )
                        #expect(try await client.call(.waitingPhysicalCards, [number]) == [number])
                    }
                }
                try await group.waitForAll()
            }
            withExtendedLifetime(connections) {}
        }
    }
}
#endif
