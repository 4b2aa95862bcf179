#if Hummingbird
internal import HTTPTypes
internal import Hummingbird
internal import KMSecurity
internal import NIOCore

/// Answers calls: reads the body, opens the request, and seals what the handler returns.
struct CallResponder: Sendable {
    let server: ServerSecurity
    let reader: BodyReader

    init(_ server: ServerSecurity, _ reading: BodyReading) {
        self.server = server
        reader = BodyReader(reading, limit: server.configuration.limits.maximumBodyByteCount)
    }

    /// Answers one call.
    ///
    /// - Throws: The error of a connection that broke while the body was read, and `CancellationError`.
    func respond(
        to request: Request,
        for endpoint: Endpoint,
        _ answer: (OpenedRequest) async throws -> [UInt8]
    ) async throws -> Response {
        let body: [UInt8]
        do {
            body = try await reader.read(request)
        } catch let error as KMError {
            return await server.respond(toUnread: error, request.headers).response
        }
        try Task.checkCancellation()
        return await server.respond(to: request.headers, body, for: endpoint, answer).response
    }
}

extension SealedResponse {
    /// The response for Hummingbird.
    var response: Response {
        let head = httpResponse
        return Response(
            status: head.status,
            headers: head.headerFields,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body))
        )
    }
}
#endif
