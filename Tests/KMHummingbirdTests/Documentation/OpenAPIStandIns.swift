#if Hummingbird && AsyncHTTPClient
import HTTPTypes

// The part of OpenAPIRuntime that the article's middleware uses, with the same names and types, since the tests do not
// depend on that package.

protocol ServerMiddleware: Sendable {
    func intercept(
        _ request: HTTPRequest,
        body: HTTPBody?,
        metadata: ServerRequestMetadata,
        operationID: String,
        next: @Sendable (HTTPRequest, HTTPBody?, ServerRequestMetadata) async throws -> (HTTPResponse, HTTPBody?)
    ) async throws -> (HTTPResponse, HTTPBody?)
}

struct ServerRequestMetadata: Sendable {}

struct HTTPBody: Sendable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }
}

extension [UInt8] {
    struct TooManyBytes: Error {}

    init(collecting body: HTTPBody, upTo maxBytes: Int) async throws {
        guard body.bytes.count <= maxBytes else { throw TooManyBytes() }
        self = body.bytes
    }
}
#endif
