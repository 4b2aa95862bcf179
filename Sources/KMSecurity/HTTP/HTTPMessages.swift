public import HTTPTypes
internal import KMPrimitives

extension SealedRequest {
    /// Returns the head of the HTTP request to send, with `Content-Type: application/json` if there is a body.
    ///
    /// - Parameters:
    ///   - scheme: `https`.
    ///   - authority: The host, and the port if it is not the scheme's own.
    ///   - basePath: The path that all endpoints are below, such as `/open-api`; empty for none.
    ///   - query: The query without its question mark, percent-encoded; nil for none. The token does not cover it.
    /// - Returns: The head of the request.
    public func httpRequest(
        scheme: String = "https",
        authority: String,
        basePath: String = "",
        query: String? = nil
    ) -> HTTPRequest {
        var fields = headers
        if !body.isEmpty { fields[.contentType] = "application/json" }
        let path = basePath + endpoint.path + (query.map { "?\($0)" } ?? "")
        return HTTPRequest(
            method: endpoint.method,
            scheme: scheme,
            authority: authority,
            path: path,
            headerFields: fields
        )
    }
}

extension SealedResponse {
    /// The head of the HTTP response to send, with `Content-Type: application/json` if there is a body.
    public var httpResponse: HTTPResponse {
        var fields = headers
        if !body.isEmpty { fields[.contentType] = "application/json" }
        return HTTPResponse(status: status, headerFields: fields)
    }
}

extension ClientSecurity {
    /// Opens an HTTP response with any status.
    ///
    /// - Parameters:
    ///   - response: The head of the response.
    ///   - body: The body's bytes as received.
    ///   - request: The request that the response answers.
    /// - Returns: The response, if its status is 200.
    /// - Throws: ``PlatformError`` if the status is 400 and the body is a result of the platform, which is not
    ///   encrypted and proves nothing about its sender; ``KMError`` `statusUnexpected` for every other status but 200;
    ///   otherwise as ``open(_:_:answering:)-(HTTPFields,_,_)``.
    nonisolated(nonsending) public func open(
        _ response: HTTPResponse,
        _ body: [UInt8],
        answering request: SealedRequest
    ) async throws -> OpenedResponse {
        if response.status == .ok { return try await open(response.headerFields, body, answering: request) }
        if response.status == .badRequest, let error = try? PlatformError(parsing: body) { throw error }
        throw KMError(
            .statusUnexpected,
            "the HTTP status must be 200, or 400 with a result of the platform; got \(response.status.code)"
        )
    }
}

extension ServerSecurity {
    /// Answers an HTTP request: finds its endpoint, opens it, calls `answer`, and seals what it returns.
    ///
    /// This is the form for an HTTP framework that has no integration of its own.
    ///
    /// - Parameters:
    ///   - request: The head of the request.
    ///   - body: The body's bytes as received, before anything has parsed or re-encoded them.
    ///   - endpoints: The endpoints that the server has.
    ///   - basePath: The path that all endpoints are below, such as `/open-api`; empty for none.
    ///   - isolation: The actor on which `answer` runs: the caller's.
    ///   - answer: The handler; see ``respond(to:_:for:isolation:_:)``.
    /// - Returns: The response to send, with the statuses of ``respond(to:_:for:isolation:_:)``; status 404 without a body
    ///   if there is no such endpoint.
    public func respond(
        to request: HTTPRequest,
        _ body: [UInt8],
        in endpoints: EndpointTable,
        below basePath: String = "",
        isolation: isolated (any Actor)? = #isolation,
        _ answer: (OpenedRequest) async throws -> [UInt8]
    ) async -> SealedResponse {
        guard let endpoint = endpoints.endpoint(of: request, below: basePath) else {
            return await respond(toUnknownEndpoint: request.headerFields)
        }
        return await respond(to: request.headerFields, body, for: endpoint, answer)
    }

    /// Makes the reply to a request for an endpoint that does not exist, and logs it.
    ///
    /// - Parameter headers: The request's header fields.
    /// - Returns: Status 404 without a body.
    package func respond(toUnknownEndpoint headers: HTTPFields) async -> SealedResponse {
        let error = KMError(.endpointUnknown, "the server has no endpoint with this method and path")
        try? await observer.decision(.request, headers) { _ in throw error }
        return SealedResponse(.notFound, try? headers.required(CorrelationID.self), nil, [])
    }

    /// Makes the reply to a request whose body was not read, and logs it.
    ///
    /// - Parameters:
    ///   - error: Why the body was not read, such as `limitExceeded`.
    ///   - headers: The request's header fields.
    /// - Returns: Status 400 with `000_002` if the request is at fault; otherwise status 500 without a body.
    package func respond(toUnread error: KMError, _ headers: HTTPFields) async -> SealedResponse {
        do {
            return try await observer.decision(.request, headers) { _ in throw error }
        } catch {
            return publicResponse(to: error, answering: headers)
        }
    }
}

extension EndpointTable {
    /// Returns the endpoint of a request; nil if there is none.
    package func endpoint(of request: HTTPRequest, below basePath: String) -> Endpoint? {
        var base = basePath[...]
        while base.last == "/" { base.removeLast() }
        guard let path = request.path, path.utf8.starts(with: base.utf8) else { return nil }
        return try? endpoint(request.method, path[path.utf8.index(path.startIndex, offsetBy: base.utf8.count)...])
    }
}

extension KMError.Code {
    /// The HTTP status of a response is neither 200 nor 400 with a result of the platform.
    public static let statusUnexpected = Self("statusUnexpected")
    /// The body of a request did not arrive in time.
    public static let bodyTimedOut = Self("bodyTimedOut")
    /// The server receives too many large bodies at the same time.
    public static let serverBusy = Self("serverBusy")
}
