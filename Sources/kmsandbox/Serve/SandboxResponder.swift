#if Sandbox
import HTTPTypes
import Hummingbird
import KMHummingbird
import KMPrimitives
import KMSecurity

/// Answers all requests to the sandbox: those below `/open-api` as the platform does, the others by the control interface.
///
/// A call outside `/open-api` is answered with status 404, and recorded with advice that names the base path.
struct SandboxResponder: HTTPResponder {
    private let sandbox: Sandbox
    private let reader: BodyReader
    private let siteGuard: SiteGuard<BasicRequestContext>
    private let control: any HTTPResponder<BasicRequestContext>

    /// Creates a responder.
    ///
    /// - Parameters:
    ///   - sandbox: The sandbox.
    ///   - callbacks: What sends callbacks.
    ///   - origin: The URL of the server once it is running.
    ///   - hosts: Host names besides those of the loopback interface.
    ///   - callbackURL: The URL for callbacks; nil if none was given.
    ///   - warnings: The warnings to show.
    init(
        sandbox: Sandbox,
        callbacks: CallbackSender,
        origin: Locked<String?>,
        hosts: [String],
        callbackURL: String?,
        warnings: [String]
    ) {
        self.sandbox = sandbox
        reader = BodyReader(BodyReading(), limit: ParameterLimits.standard.maximumBodyByteCount)
        let router = Router(context: BasicRequestContext.self)
        siteGuard = SiteGuard(hosts: hosts)
        // On the router itself, so that unknown paths are guarded, too.
        let known = Locked<[InterfaceRoute]>([])
        router.add(middleware: siteGuard).add(middleware: InterfaceErrors(routes: known))
        let group = router.group()
        let control = ControlRoutes(
            sandbox: sandbox,
            callbacks: callbacks,
            origin: origin,
            callbackURL: callbackURL,
            warnings: warnings
        )
        control.add(to: group)
        let history = HistoryRoutes(
            history: sandbox.history,
            origin: origin,
            vectorContext: { try sandbox.parties.vectorContext() },
            state: { try InterfaceJSON.text(control.state) }
        )
        history.add(to: group)
        let routes = InterfaceRoute.all(router)
        known.withLock { $0 = routes }
        self.control = router.buildResponder()
    }

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let path = request.head.path ?? "/"
        guard path.hasPrefix(Sandbox.basePath + "/") || Self.isMisdirected(request, path) else {
            return try await control.respond(to: request, context: context)
        }
        if let fault = siteGuard.callFault(of: request) { return SiteGuard<BasicRequestContext>.rejection(fault) }
        let answer: Sandbox.Answer
        do {
            answer = await sandbox.answer(request.head, try await reader.read(request)).answer
        } catch let error as KMError {
            answer = await sandbox.answer(unread: error, request.head)
        }
        return answer.response
    }

    /// Whether a request to a path outside the base path is a call of a client with a wrong URL.
    ///
    /// Browsers ask for more paths than the interface has, such as `/favicon.ico`.
    private static func isMisdirected(_ request: Request, _ path: String) -> Bool {
        let path = path.prefix { $0 != "?" }
        guard path != "/", path != "/sandbox", !path.hasPrefix("/sandbox/") else { return false }
        return (request.method != .get && request.method != .head) || path.contains("/api/")
            || request.headers.contains { $0.name.canonicalName.hasPrefix("x-km-") }
    }
}
#endif
