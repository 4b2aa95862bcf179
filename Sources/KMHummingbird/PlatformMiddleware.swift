#if Hummingbird
internal import HTTPTypes
public import Hummingbird
public import KMSecurity
internal import NIOCore

/// Opens the requests and seals the responses of all routes behind it.
///
/// A route gets the decrypted parameters as the body of its request, and the opened call as ``PlatformRequestContext/call``.
/// What it returns becomes the parameters of the answer:
///
/// ```swift
/// let router = Router(context: BasicPlatformRequestContext.self)
/// router.group("open-api")
///     .add(middleware: PlatformMiddleware(server: server, endpoints: .documented, below: "/open-api"))
///     .post("api/v1/user/card/info") { request, context in
///         try await cards(request.decode(as: CardQuery.self, context: context))
///     }
/// ```
///
/// To reject a call, throw a `PlatformError`. If a route cannot decode its request, or throws an error of Hummingbird with
/// status 400 or 422, the caller gets `000_002`. Every other error, and every response without status 200, becomes status 500
/// without a body. Only the body of a route's response is sent, not its headers.
///
/// A request whose method and path are not in the table, byte for byte, gets status 404 and reaches no route. So no other
/// spelling of a path gets around the checks. Put routes without protection, such as a health check, outside the group. Add the
/// middleware before the routes: Hummingbird applies it only to those that follow.
public struct PlatformMiddleware<Context: PlatformRequestContext>: RouterMiddleware {
    private let responder: CallResponder
    private let endpoints: EndpointTable
    private let basePath: String

    /// Creates a middleware.
    ///
    /// - Parameters:
    ///   - server: The server that opens requests and seals answers.
    ///   - endpoints: The endpoints behind it.
    ///   - basePath: The path that all endpoints are below, such as `/open-api`; empty for none.
    ///   - reading: The limits for reading bodies.
    public init(
        server: ServerSecurity,
        endpoints: EndpointTable,
        below basePath: String = "",
        reading: BodyReading = BodyReading()
    ) {
        responder = CallResponder(server, reading)
        self.endpoints = endpoints
        self.basePath = basePath
    }

    /// Answers a request.
    ///
    /// - Throws: The error of a connection that broke while the body was read.
    public func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let endpoint = endpoints.endpoint(of: request.head, below: basePath) else {
            return await responder.server.respond(toUnknownEndpoint: request.headers).response
        }
        return try await responder.respond(to: request, for: endpoint) { call in
            var (request, context) = (request, context)
            context.call = call
            request.body = RequestBody(buffer: ByteBuffer(bytes: call.parameters))
            let response = try await Self.response(to: request, context, next)
            guard response.status == .ok else {
                throw KMError(
                    .statusUnexpected,
                    "a route must return status 200 or throw a PlatformError; it returned \(response.status.code)"
                )
            }
            return try await Self.bytes(of: response.body)
        }
    }

    /// Calls the route; an error that blames the request becomes the caller's fault.
    private static func response(
        to request: Request,
        _ context: Context,
        _ next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as any HTTPResponseError where [.badRequest, .unprocessableContent].contains(error.status) {
            // The error's own text may quote a value.
            throw KMError(.parametersInvalid, "the route rejects the parameters with status \(error.status.code)")
        }
    }

    /// Runs the writing of a response's body, and collects what it writes.
    private static func bytes(of body: ResponseBody) async throws -> [UInt8] {
        let collector = BodyCollector()
        try await body.write(collector)
        return collector.bytes
    }
}

/// Collects the body that a route writes.
private final class BodyCollector: ResponseBodyWriter {
    private(set) var bytes: [UInt8] = []

    func write(_ buffer: ByteBuffer) async throws { bytes.append(contentsOf: buffer.readableBytesView) }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
#endif
