package import HTTPTypes
package import KMSecurity

// Shorthands for tests that need a protection but no particular endpoint.

extension Endpoint {
    /// Returns an endpoint with the same protection for requests and responses.
    package static func test(_ protection: Protection = .message) -> Endpoint {
        Endpoint("/test", request: .init(protection), response: .init(protection))
    }
}

extension ClientSecurity {
    package func seal(_ parameters: [UInt8], protection: Protection = .message) throws -> SealedRequest {
        try sealLocally(parameters, for: .test(protection))
    }

    package func seal(
        encoding parameters: some Encodable,
        protection: Protection = .message
    ) async throws -> SealedRequest {
        try await seal(encoding: parameters, for: .test(protection))
    }

    package func open(
        _ headers: HTTPFields,
        _ body: [UInt8],
        answering request: SealedRequest,
        protection: Protection
    ) async throws -> OpenedResponse {
        try await open(headers, body, answering: request, for: .test(protection))
    }

    /// Opens a response by the rules of another endpoint than the request's.
    package func open(
        _ headers: HTTPFields,
        _ body: [UInt8],
        answering request: SealedRequest,
        for endpoint: Endpoint
    ) async throws -> OpenedResponse {
        try await open(headers, body, answering: request.with(endpoint: endpoint))
    }
}

extension ServerSecurity {
    package func open(_ headers: HTTPFields, _ body: [UInt8], protection: Protection = .message) async throws
        -> OpenedRequest
    {
        try await open(headers, body, for: .test(protection))
    }

    package func seal(
        encoding parameters: some Encodable,
        answering request: OpenedRequest,
        protection: Protection
    ) throws -> SealedResponse {
        try seal(encoding: parameters, answering: request.with(endpoint: .test(protection)))
    }

    package func seal(
        _ parameters: [UInt8],
        answering request: OpenedRequest,
        protection: Protection
    ) throws -> SealedResponse {
        try seal(parameters, answering: request, for: .test(protection))
    }

    /// Seals a response by the rules of another endpoint than the request's.
    package func seal(
        _ parameters: [UInt8],
        answering request: OpenedRequest,
        for endpoint: Endpoint
    ) throws -> SealedResponse {
        try seal(parameters, answering: request.with(endpoint: endpoint))
    }

    /// Responds to a request to an endpoint with message-level protection.
    package func respond(
        to headers: HTTPFields,
        _ body: [UInt8],
        isolation: isolated (any Actor)? = #isolation,
        _ answer: (OpenedRequest) async throws -> [UInt8]
    ) async -> SealedResponse {
        await respond(to: headers, body, for: .test(), answer)
    }
}
