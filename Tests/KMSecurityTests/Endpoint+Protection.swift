import HTTPTypes
import KMSecurity

// Most tests are about a protection, whatever the endpoint: they name it alone.

extension Endpoint {
    /// An endpoint whose requests and responses are protected alike.
    static func test(_ protection: Protection = .message) -> Endpoint {
        Endpoint("/test", request: .init(protection), response: .init(protection))
    }
}

extension ClientSecurity {
    func seal(_ parameters: [UInt8], protection: Protection = .message) throws -> SealedRequest {
        try seal(parameters, for: .test(protection))
    }

    func seal(encoding parameters: some Encodable, protection: Protection = .message) throws -> SealedRequest {
        try seal(encoding: parameters, for: .test(protection))
    }

    func open(
        _ headers: HTTPFields,
        _ body: [UInt8],
        answering request: SealedRequest,
        protection: Protection
    ) async throws -> OpenedResponse {
        try await open(headers, body, answering: request, for: .test(protection))
    }

    /// Opens a response by another rule than the request's endpoint has.
    func open(
        _ headers: HTTPFields,
        _ body: [UInt8],
        answering request: SealedRequest,
        for endpoint: Endpoint
    ) async throws -> OpenedResponse {
        try await open(headers, body, answering: request.with(endpoint: endpoint))
    }
}

extension ServerSecurity {
    func open(_ headers: HTTPFields, _ body: [UInt8], protection: Protection = .message) async throws -> OpenedRequest {
        try await open(headers, body, for: .test(protection))
    }

    func seal(
        encoding parameters: some Encodable,
        answering request: OpenedRequest,
        protection: Protection
    ) throws -> SealedResponse {
        try seal(encoding: parameters, answering: request.with(endpoint: .test(protection)))
    }

    func seal(
        _ parameters: [UInt8],
        answering request: OpenedRequest,
        protection: Protection
    ) throws -> SealedResponse {
        try seal(parameters, answering: request, for: .test(protection))
    }

    /// Seals an answer by another rule than the request's endpoint has.
    func seal(
        _ parameters: [UInt8],
        answering request: OpenedRequest,
        for endpoint: Endpoint
    ) throws -> SealedResponse {
        try seal(parameters, answering: request.with(endpoint: endpoint))
    }

    /// Answers a request to an endpoint of whole messages.
    func respond(
        to headers: HTTPFields,
        _ body: [UInt8],
        isolation: isolated (any Actor)? = #isolation,
        _ answer: (OpenedRequest) async throws -> [UInt8]
    ) async -> SealedResponse {
        await respond(to: headers, body, for: .test(), answer)
    }
}
