#if Hummingbird
public import Hummingbird
public import KMSecurity

/// A request context that holds the opened call, which `PlatformMiddleware` sets.
public protocol PlatformRequestContext: RequestContext {
    /// The call: authenticated, checked and decrypted; nil before the middleware has run.
    var call: OpenedRequest? { get set }
}

/// A request context with the opened call and nothing else.
public struct BasicPlatformRequestContext: PlatformRequestContext {
    /// What Hummingbird needs.
    public var coreContext: CoreRequestContextStorage
    /// The call: authenticated, checked and decrypted; nil before the middleware has run.
    public var call: OpenedRequest?

    /// Creates a context without a call.
    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
    }
}
#endif
