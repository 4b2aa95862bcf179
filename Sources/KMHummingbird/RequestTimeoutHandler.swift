#if Hummingbird
public import HummingbirdCore
public import NIOCore
public import NIOHTTPTypes

/// Closes a connection whose request does not arrive completely in time.
///
/// Hummingbird's idle timeout begins again with every part of a request, so a peer that sends one byte now and then could
/// keep a connection for ever. Both timeouts together limit that; see `HTTP1Channel.Configuration.km(idleTimeout:requestTimeout:)`.
public final class RequestTimeoutHandler: ChannelInboundHandler, RemovableChannelHandler {
    /// The parts of requests.
    public typealias InboundIn = HTTPRequestPart
    /// The parts of requests, unchanged.
    public typealias InboundOut = HTTPRequestPart

    private let timeout: TimeAmount
    private var isReceiving = false
    private var scheduled: Scheduled<Void>?

    /// Creates a handler.
    ///
    /// - Parameter timeout: The time from the head of a request to its end.
    public init(timeout: TimeAmount) {
        self.timeout = timeout
    }

    /// Notes the start of a request, and stops the timer with its end.
    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            stop()
            isReceiving = true
        case .body: break
        case .end: stop()
        }
        context.fireChannelRead(data)
    }

    /// Starts the timer for a request that has not arrived completely.
    ///
    /// Most requests come in one piece and need none.
    public func channelReadComplete(context: ChannelHandlerContext) {
        if isReceiving, scheduled == nil {
            scheduled = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { context.close(promise: nil) }
        }
        context.fireChannelReadComplete()
    }

    /// Stops the timer.
    public func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    /// Stops the timer.
    public func handlerRemoved(context: ChannelHandlerContext) { stop() }

    private func stop() {
        isReceiving = false
        scheduled?.cancel()
        scheduled = nil
    }
}

@available(*, unavailable)
extension RequestTimeoutHandler: Sendable {}

extension HTTP1Channel.Configuration {
    /// Connections that slow or silent peers cannot keep: a request must arrive in time, and its headers must be small.
    ///
    /// Use it for HTTP/1.1, and as the configuration of the streams of HTTP/2, where only the request's timeout applies: also
    /// set `idleTimeout` of the HTTP/2 configuration there. Limit the number of connections with Hummingbird's
    /// `availableConnectionsDelegate`.
    ///
    /// - Parameters:
    ///   - idleTimeout: The time that a connection may be idle, or take for the head of its first request.
    ///   - requestTimeout: The time from the head of a request to its end.
    /// - Returns: The configuration, with at most 16 KiB and 100 header fields.
    public static func km(
        idleTimeout: TimeAmount = .seconds(30),
        requestTimeout: TimeAmount = .seconds(15)
    ) -> HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [RequestTimeoutHandler(timeout: requestTimeout)],
            idleTimeout: idleTimeout,
            httpDecoderConfiguration: DecoderConfiguration(
                maxHeaderFieldSize: 8 << 10,
                maxHeaderListSize: 16 << 10,
                maxHeaderFieldCount: 100
            )
        )
    }
}
#endif
