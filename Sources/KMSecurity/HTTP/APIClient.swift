internal import HTTPTypes
internal import KMPrimitives

/// Calls the API over HTTP: seals the parameters, sends the request, and opens the response.
///
/// ```swift
/// let client = APIClient(client: security, transport: transport, baseURL: try .init("https://api.example.com/open-api"))
/// let cards: WaitingCards = try await client.call(.waitingPhysicalCards, query)
/// ```
///
/// Create one and keep it. You can use it from several tasks at once.
public struct APIClient: Sendable {
    /// When a call that got no answer is sent again.
    ///
    /// Each attempt is sealed anew, because a server accepts a request only once.
    public enum Retry: Sendable, Hashable {
        /// Never.
        case never
        /// If the server has certainly not received the request, because there was no connection.
        case ifNotSent
        /// Also if the connection failed after the request was sent, and after the HTTP statuses 502, 503 and 504.
        ///
        /// The call may then run twice. Choose it only for calls that do no harm twice, such as look-ups.
        case insecureEvenIfCallRunsTwice
    }

    /// The options of a client.
    public struct Configuration: Sendable {
        /// The time for a call, all attempts together.
        public var timeout: Duration
        /// When a call is sent again.
        public var retry: Retry
        /// The largest number of attempts of one call, at least 1.
        public var maximumAttemptCount: Int

        /// Creates options.
        public init(timeout: Duration = .seconds(30), retry: Retry = .ifNotSent, maximumAttemptCount: Int = 3) {
            self.timeout = timeout
            self.retry = retry
            self.maximumAttemptCount = maximumAttemptCount
        }
    }

    /// The client that seals and opens.
    public let security: ClientSecurity
    /// The base URL of the API.
    public let baseURL: BaseURL
    /// The options.
    public let configuration: Configuration
    private let transport: any HTTPTransport

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - security: The client that seals and opens.
    ///   - transport: The transport that sends the requests.
    ///   - baseURL: The base URL of the API. All paths of endpoints are below it.
    ///   - configuration: The options.
    public init(
        security: ClientSecurity,
        transport: any HTTPTransport,
        baseURL: BaseURL,
        configuration: Configuration = Configuration()
    ) {
        self.security = security
        self.transport = transport
        self.baseURL = baseURL
        self.configuration = configuration
    }

    /// Calls an endpoint with a value, and decodes the answer.
    ///
    /// - Parameters:
    ///   - endpoint: The endpoint.
    ///   - parameters: The value that is encoded as JSON.
    ///   - type: The type of the answer.
    /// - Returns: The parameters of the answer.
    /// - Throws: ``KMError`` `parametersNotEncodable` and `responseInvalid`; otherwise as ``call(_:bytes:query:)``.
    public func call<Answer: Decodable>(
        _ endpoint: Endpoint,
        _ parameters: some Encodable,
        returning type: Answer.Type = Answer.self
    ) async throws -> Answer {
        try await call(endpoint, bytes: ParameterCoding.encode(parameters)).decode(type)
    }

    /// Calls an endpoint without a body, such as a GET, and decodes the answer.
    ///
    /// - Parameters:
    ///   - endpoint: The endpoint. Its requests are plain.
    ///   - query: The query without its question mark, percent-encoded; nil for none. The token does not cover it.
    ///   - type: The type of the answer.
    /// - Returns: The parameters of the answer.
    /// - Throws: ``KMError`` `responseInvalid`; otherwise as ``call(_:bytes:query:)``.
    public func call<Answer: Decodable>(
        _ endpoint: Endpoint,
        query: String? = nil,
        returning type: Answer.Type = Answer.self
    ) async throws -> Answer {
        try await call(endpoint, bytes: [], query: query).decode(type)
    }

    /// Calls an endpoint with the bytes of one JSON text.
    ///
    /// - Parameters:
    ///   - endpoint: The endpoint.
    ///   - parameters: One JSON text, whose bytes are not changed; empty for a request without a body.
    ///   - query: The query without its question mark, percent-encoded; nil for none. The token does not cover it.
    /// - Returns: The response with HTTP status 200, checked and decrypted.
    /// - Throws: ``PlatformError`` if the platform rejects the call; ``KMError`` `callNotSent`, `callFailed` or
    ///   `callTimedOut` if there is no response; `statusUnexpected`; `configurationInvalid` for a malformed path or query; what
    ///   ``ClientSecurity/seal(_:for:)`` and ``ClientSecurity/open(_:_:answering:)-(HTTPFields,_,_)`` throw;
    ///   `CancellationError`.
    public func call(_ endpoint: Endpoint, bytes parameters: [UInt8], query: String? = nil) async throws
        -> OpenedResponse
    {
        if let query, !BaseURL.isQuery(query) {
            throw KMError(.configurationInvalid, "a query must be visible ASCII without #; percent-encode it")
        }
        guard EndpointTable.isPath(endpoint.path) else {
            throw KMError(
                .configurationInvalid,
                "the path of an endpoint must begin with / and be visible ASCII without ?, # and dot segments; "
                    + "percent-encode what you put into it"
            )
        }
        let deadline = ContinuousClock.now + configuration.timeout
        var attempt = 1
        var mayHaveRun = false
        while true {
            let request = try await security.seal(parameters, for: endpoint)
            let head = request.httpRequest(
                scheme: baseURL.scheme,
                authority: baseURL.authority,
                basePath: baseURL.path,
                query: query
            )
            let limit = security.configuration.limits.maximumBodyByteCount
            do {
                let (response, body) = try await transport.send(head, request.body, limit: limit, deadline: deadline)
                let isGatewayFault = [502, 503, 504].contains(response.status.code)
                mayHaveRun = mayHaveRun || isGatewayFault
                if isGatewayFault, configuration.retry == .insecureEvenIfCallRunsTwice,
                    try await canRetry(&attempt, deadline)
                {
                    continue
                }
                return try await security.open(response, body, answering: request)
            } catch let error as HTTPTransportError {
                try Task.checkCancellation()
                mayHaveRun = mayHaveRun || error.reason != .notSent
                guard allowsRetry(error.reason), try await canRetry(&attempt, deadline) else {
                    throw error.callError(attempt, mayHaveRun: mayHaveRun)
                }
            }
        }
    }

    private func allowsRetry(_ reason: HTTPTransportError.Reason) -> Bool {
        switch (configuration.retry, reason) {
        case (.never, _), (_, .deadlineExceeded): false
        case (.insecureEvenIfCallRunsTwice, _), (.ifNotSent, .notSent): true
        case (.ifNotSent, .connectionFailed): false
        }
    }

    /// Waits before the next attempt; false if there is none.
    private func canRetry(_ attempt: inout Int, _ deadline: ContinuousClock.Instant) async throws -> Bool {
        guard attempt < configuration.maximumAttemptCount else { return false }
        // Many clients must not all come back at the same instant.
        let longest = 100 * (1 << min(attempt, 6))
        let wait = Duration.milliseconds(Int.random(in: longest / 2...longest))
        guard ContinuousClock.now + wait < deadline else { return false }
        attempt += 1
        try await Task.sleep(for: wait)
        return true
    }
}

extension HTTPTransportError {
    /// The error of a call, of which an earlier attempt may have run.
    fileprivate func callError(_ attemptCount: Int, mayHaveRun: Bool) -> KMError {
        let detail = "after \(counted(attemptCount, "attempt")): \(detail)"
        return switch reason {
        case .notSent: KMError(mayHaveRun ? .callFailed : .callNotSent, detail)
        case .connectionFailed: KMError(.callFailed, detail)
        case .deadlineExceeded: KMError(.callTimedOut, detail)
        }
    }
}

extension KMError.Code {
    /// There was no connection to the server, so the call did not run.
    public static let callNotSent = Self("callNotSent")
    /// The connection failed, and the call may have run.
    public static let callFailed = Self("callFailed")
    /// The time for a call is over, and the call may have run.
    public static let callTimedOut = Self("callTimedOut")
}
