#if Hummingbird && AsyncHTTPClient
import AsyncHTTPClient
import Foundation
import HTTPTypes
import KMAsyncHTTPClient
import KMSecurity
import LoadSupport

/// Sends requests over a number of connections, and measures how long each takes.
final class Load: Sendable {
    /// What is measured.
    enum Kind: String, CaseIterable, Sendable {
        /// The same bytes as a sealed message, to an endpoint without protection.
        case echo
        /// The echo after bare OpenSSL has encrypted and decrypted a message: the limit of what follows.
        case bare = "echo and OpenSSL"
        /// Requests that were sealed before: the server opens each and seals the answer, which is not opened.
        case message
        case fields
        /// The client seals each request and opens each answer too.
        case call = "whole call"
    }

    static let parameters = Array(
        """
        {"userId":50000104652,"physicalCardNo":"9491339401250765","physicalCardExpDate":"3108","physicalCardCVC":"211"}
        """.utf8
    )

    private let security: ClientSecurity
    private let transport: AsyncHTTPClientTransport
    private let api: APIClient
    private let authority: String
    private let requestCount: Int
    private let connectionCount: Int

    init(_ keys: LoadKeys, url: String, requestCount: Int, connectionCount: Int) throws {
        security = try keys.client()
        var configuration = HTTPClient.Configuration(tlsConfiguration: keys.clientTLS())
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connectionCount
        configuration.httpVersion = .http1Only
        transport = AsyncHTTPClientTransport(configuration: configuration)
        let baseURL = try BaseURL(url)
        authority = baseURL.authority
        api = APIClient(security: security, transport: transport, baseURL: baseURL)
        (self.requestCount, self.connectionCount) = (requestCount, connectionCount)
    }

    func warmUp(_ kinds: [Kind]) async throws {
        for kind in kinds { _ = try await run(kind, count: 500, server: nil) }
    }

    func run(_ kind: Kind, server: Int32) async throws -> Figures {
        try await run(kind, count: requestCount, server: server)
    }

    private func run(_ kind: Kind, count: Int, server: Int32?) async throws -> Figures {
        let requests = try requests(kind, count)
        let earlier = CPUSeconds(server: server)
        let times = try await ParallelCalls.run(count, taskCount: connectionCount) { number in
            guard kind == .call else { return try await self.send(requests[number % requests.count]) }
            let answer = try await self.api.call(.message, bytes: Self.parameters)
            guard answer.parameters == Self.parameters else { throw CancellationError() }
        }
        return Figures(times, CPUSeconds(server: server).since(earlier))
    }

    private func requests(_ kind: Kind, _ count: Int) throws -> [(HTTPRequest, [UInt8])] {
        switch kind {
        case .call: return []
        case .echo, .bare:
            let body = try security.sealLocally(Self.parameters, for: .message).body
            let head = HTTPRequest(
                method: .post,
                scheme: "https",
                authority: authority,
                path: kind == .echo ? "/echo" : "/bare"
            )
            return [(head, body)]
        case .message, .fields:
            return try (0..<count).map { _ in
                let request = try security.sealLocally(Self.parameters, for: kind == .message ? .message : .byField)
                return (request.httpRequest(authority: authority), request.body)
            }
        }
    }

    private func send(_ request: (HTTPRequest, [UInt8])) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        let (response, _) = try await transport.send(request.0, request.1, limit: 1 << 20, deadline: deadline)
        guard response.status == .ok else { throw KMError(.statusUnexpected, "\(response.status)") }
    }
}

/// The rate and the latencies of a run.
struct Figures {
    static let none = Figures(CallTimes([0], seconds: .infinity), CPUSeconds())

    var rate: Double { times.rate }
    private let times: CallTimes
    private let cpu: CPUSeconds

    init(_ times: CallTimes, _ cpu: CPUSeconds) { (self.times, self.cpu) = (times, cpu) }

    func line(_ kind: Load.Kind, limit: Figures?) -> String {
        let name = kind.rawValue.padding(toLength: 18, withPad: " ", startingAt: 0)
        let limits = limit.map { String(format: "%9.1f%%", rate / $0.rate * 100) } ?? ""
        let count = Double(times.count) / 1e6
        return name
            + String(format: "%10.0f %8.2f %8.2f", rate, times.percentile(50), times.percentile(99))
            + String(format: "%14.0f %8.0f", cpu.client / count, cpu.server / count) + limits
    }
}
#endif
