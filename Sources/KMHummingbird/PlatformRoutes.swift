#if Hummingbird
internal import Foundation
public import Hummingbird
public import KMSecurity

extension RouterMethods {
    /// Returns the routes of an API, which are added endpoint by endpoint.
    ///
    /// ```swift
    /// try router.km(server, below: "/open-api")
    ///     .on(.waitingPhysicalCards) { call, _ in
    ///         try await cards(call.decode(CardQuery.self))
    ///     }
    /// ```
    ///
    /// - Parameters:
    ///   - server: The server that opens requests and seals answers.
    ///   - basePath: The path that all endpoints are below, such as `/open-api`; empty for none.
    ///   - reading: The limits for reading bodies.
    /// - Returns: The routes, without an endpoint yet.
    public func km(
        _ server: ServerSecurity,
        below basePath: String = "",
        reading: BodyReading = BodyReading()
    ) -> PlatformRoutes<Self> {
        PlatformRoutes(router: self, basePath: basePath, responder: CallResponder(server, reading))
    }
}

/// The routes of an API on a router or a group of one.
public struct PlatformRoutes<Router: RouterMethods> {
    let router: Router
    let basePath: String
    let responder: CallResponder

    /// Answers the calls of an endpoint with a value.
    ///
    /// - Parameters:
    ///   - endpoint: The endpoint: its method, path and protection.
    ///   - handler: The handler, called for each accepted call. It returns the value that is encoded as the parameters
    ///     of the answer, or throws a `PlatformError` to reject the call. If `call.decode` throws, let its error pass,
    ///     and the caller gets `000_002`. Every other error becomes status 500 without a body.
    /// - Returns: The same routes, for the next endpoint.
    /// - Throws: ``KMError`` `configurationInvalid` if the path has a character with a meaning for the router: `:`, `*`, `{`
    ///   or `}`.
    @discardableResult
    public func on<Answer: Encodable & SendableMetatype>(
        _ endpoint: Endpoint,
        _ handler: @escaping @Sendable (OpenedRequest, Router.Context) async throws -> Answer
    ) throws -> Self {
        try on(
            endpoint,
            bytes: { call, context in
                try ParameterCoding.encode(await handler(call, context))
            }
        )
    }

    /// Answers the calls of an endpoint with the bytes of one JSON text.
    ///
    /// - Parameters:
    ///   - endpoint: The endpoint: its method, path and protection.
    ///   - handler: The handler; see ``on(_:_:)``.
    /// - Returns: The same routes, for the next endpoint.
    /// - Throws: ``KMError`` as ``on(_:_:)``.
    @discardableResult
    public func on(
        _ endpoint: Endpoint,
        bytes handler: @escaping @Sendable (OpenedRequest, Router.Context) async throws -> [UInt8]
    ) throws -> Self {
        let path = basePath + endpoint.path
        guard !path.utf8.contains(where: { ":*{}".utf8.contains($0) }) else {
            throw KMError(
                .configurationInvalid,
                "the path of a route must not have the characters : * { }, which mean something to the router; use "
                    + "PlatformMiddleware for such an endpoint"
            )
        }
        router.on(RouterPath(path), method: endpoint.method) { [responder] request, context in
            try await responder.respond(to: request, for: endpoint) { call in try await handler(call, context) }
        }
        return self
    }
}
#endif
