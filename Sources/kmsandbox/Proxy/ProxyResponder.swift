#if Sandbox
import HTTPTypes
import Hummingbird
import KMHummingbird
import KMPrimitives
import KMSecurity

/// Answers all requests to the proxy: the page and the history by itself, and everything else by the server behind it.
struct ProxyResponder: HTTPResponder {
    private let proxy: Proxy
    private let reader: BodyReader
    private let siteGuard: SiteGuard<BasicRequestContext>
    private let control: any HTTPResponder<BasicRequestContext>

    /// Creates a responder.
    ///
    /// - Parameters:
    ///   - proxy: The proxy.
    ///   - routes: The routes of the page and the history.
    ///   - hosts: Host names besides those of the loopback interface.
    init(proxy: Proxy, routes: HistoryRoutes, hosts: [String]) {
        self.proxy = proxy
        reader = BodyReader(BodyReading(), limit: ParameterLimits.standard.maximumBodyByteCount)
        let router = Router(context: BasicRequestContext.self)
        siteGuard = SiteGuard(hosts: hosts)
        // On the router itself, so that unknown paths are guarded, too.
        let known = Locked<[InterfaceRoute]>([])
        router.add(middleware: siteGuard).add(middleware: InterfaceErrors(routes: known))
        routes.add(to: router.group())
        let descriptions = InterfaceRoute.all(router)
        known.withLock { $0 = descriptions }
        control = router.buildResponder()
    }

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let path = request.head.path ?? "/"
        guard path != "/", !path.hasPrefix("/?"), !path.hasPrefix("/sandbox/") else {
            return try await control.respond(to: request, context: context)
        }
        // A page of another site must not reach the server through the proxy.
        if let fault = siteGuard.callFault(of: request) { return SiteGuard<BasicRequestContext>.rejection(fault) }
        // Behind an authority, any other text could be a part of the host.
        guard path.hasPrefix("/") else {
            return rejection(.requestInvalid, "the path must begin with /", .badRequest)
        }
        do {
            return await proxy.answer(request.head, try await reader.read(request)).response
        } catch let error as KMError {
            return rejection(error.code, error.detail, status(error.code))
        }
    }

    private func rejection(_ code: KMError.Code, _ detail: String, _ status: HTTPResponse.Status) -> Response {
        InterfaceError.response(code, "kmsandbox proxy: \(detail)", status)
    }

    private func status(_ code: KMError.Code) -> HTTPResponse.Status {
        switch code {
        case .bodyTimedOut: .requestTimeout
        case .serverBusy: .serviceUnavailable
        default: .contentTooLarge
        }
    }
}
#endif
