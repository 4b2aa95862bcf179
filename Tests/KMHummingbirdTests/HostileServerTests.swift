#if Hummingbird && AsyncHTTPClient
import Foundation
import HTTPTypes
import KMAsyncHTTPClient
import KMSecurity
import KMURLSession
import Testing

/// Servers that answer too slowly, too much or not with HTTP, against both transports.
@Suite("Hostile servers") struct HostileServerTests {
    static let transports: [@Sendable () -> any HTTPTransport] = [
        { AsyncHTTPClientTransport() }, { URLSessionTransport() },
    ]

    private func send(
        _ reply: [String],
        _ transport: any HTTPTransport,
        timeout: Duration = .seconds(30)
    ) async throws -> (HTTPResponse, [UInt8]) {
        let server = try FakeHTTPServer(reply)
        defer { withExtendedLifetime(server) {} }
        let request = HTTPRequest(method: .get, scheme: "http", authority: "127.0.0.1:\(server.port)", path: "/")
        return try await transport.send(request, [], limit: 1000, deadline: .now + timeout)
    }

    @Test("A body that drips ends at the deadline", arguments: transports)
    func drip(_ makeTransport: @Sendable () -> any HTTPTransport) async throws {
        let parts = ["HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"] + Array(repeating: "x", count: 200)
        let error = await #expect(throws: HTTPTransportError.self) {
            try await send(parts, makeTransport(), timeout: .milliseconds(700))
        }
        #expect(error?.reason == .deadlineExceeded)
    }

    @Test("A response past the limit is not read to its end", arguments: transports)
    func large(_ makeTransport: @Sendable () -> any HTTPTransport) async throws {
        let body = String(repeating: "x", count: 5000)
        for head in ["Content-Length: 5000", "Connection: close"] {
            await #expect(throws: KMError(.limitExceeded)) {
                try await send(["HTTP/1.1 200 OK\r\n\(head)\r\n\r\n\(body)"], makeTransport())
            }
        }
    }

    @Test("A redirect is not followed", arguments: transports)
    func redirect(_ makeTransport: @Sendable () -> any HTTPTransport) async throws {
        let reply = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
        let (response, _) = try await send([reply], makeTransport())
        #expect(response.status.code == 302)
    }

    @Test(
        "What is not HTTP is a failed connection",
        arguments: transports,
        ["x", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nx"]
    )
    func garbage(_ makeTransport: @Sendable () -> any HTTPTransport, _ reply: String) async throws {
        await #expect(throws: HTTPTransportError.self) {
            try await send([reply, ""], makeTransport(), timeout: .seconds(3))
        }
    }

    @Test("No connection means not sent", arguments: transports)
    func refused(_ makeTransport: @Sendable () -> any HTTPTransport) async throws {
        let request = HTTPRequest(method: .get, scheme: "http", authority: "127.0.0.1:1", path: "/")
        let error = await #expect(throws: HTTPTransportError.self) {
            try await makeTransport().send(request, [], limit: 1000, deadline: .now + .seconds(20))
        }
        #expect(error?.reason == .notSent, "\(String(describing: error))")
    }
}
#endif
