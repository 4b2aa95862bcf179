#if Sandbox
import NIOCore

/// Notices clients that begin with TLS, for which a server without TLS would only close the connection.
final class ClientHelloDetection: ChannelInboundHandler, RemovableChannelHandler {
    /// The handler reads no message.
    typealias InboundIn = Never

    private let onClientHello: @Sendable () -> Void

    /// Creates a handler.
    ///
    /// - Parameter onClientHello: Called for each connection that begins with TLS.
    init(onClientHello: @escaping @Sendable () -> Void) { self.onClientHello = onClientHello }

    func handlerAdded(context: ChannelHandlerContext) {
        // The bytes are visible only before the HTTP decoder.
        try? context.pipeline.syncOperations.addHandler(FirstBytes(onClientHello), position: .first)
    }
}

@available(*, unavailable)
extension ClientHelloDetection: Sendable {}

/// Looks at the first bytes of a connection, and then removes itself.
private final class FirstBytes: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let onClientHello: @Sendable () -> Void

    init(_ onClientHello: @escaping @Sendable () -> Void) { self.onClientHello = onClientHello }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // A TLS record begins with its type, 22 for a handshake, and the major version 3.
        guard unwrapInboundIn(data).readableBytesView.starts(with: [22, 3]) else {
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            return
        }
        onClientHello()
        // Clients report this as a wrong version of TLS; some also show the text.
        let answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension FirstBytes: Sendable {}
#endif
