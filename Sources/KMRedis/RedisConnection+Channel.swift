#if Redis
internal import KMSecurity
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

extension RedisConnection {
    /// Connects to the server, without a command.
    ///
    /// - Throws: ``KMError`` `replayStoreUnavailable` if the server cannot be reached, or a certificate or key file cannot
    ///   be read.
    static func open(_ configuration: RedisReplayGuard.Configuration) async throws -> RedisConnection {
        let address = configuration.address
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let connection = RedisConnection(configuration, eventLoop)
        let security = try context(configuration)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(max(configuration.timeout, .seconds(1)).timeAmount)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let (context, host) = security {
                        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: host))
                    }
                    try pipeline.addHandler(RedisChannelHandler(connection))
                }
            }
        do {
            let channel =
                switch address {
                case .tls(let host, let port, _), .insecurePlaintext(let host, let port):
                    try await bootstrap.connect(host: host, port: port).get()
                case .unixSocket(let path): try await bootstrap.connect(unixDomainSocketPath: path).get()
                }
            connection.attach(channel)
            return connection
        } catch {
            connection.close(nil)
            throw KMError.unavailable(
                address,
                "cannot be reached; check that it runs and that the address is right"
            )
        }
    }

    /// The options of TLS and the name to verify; nil without TLS.
    private static func context(
        _ configuration: RedisReplayGuard.Configuration
    ) throws -> (NIOSSLContext, String?)? {
        guard case .tls(let host, _, let tls) = configuration.address else { return nil }
        var options = TLSConfiguration.makeClientConfiguration()
        options.minimumTLSVersion = .tlsv12
        do {
            if let path = tls.authorityPath { options.trustRoots = .file(path) }
            if let certificate = tls.certificatePath, let key = tls.privateKeyPath {
                options.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
                options.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            }
            // An IP address is no name for the handshake; it is compared with the certificate all the same.
            return (try NIOSSLContext(configuration: options), isIPAddress(host) ? nil : host)
        } catch {
            throw KMError.unavailable(
                configuration.address,
                "cannot be reached: a certificate or private key file cannot be read; check the paths in TLS"
            )
        }
    }

    private static func isIPAddress(_ host: String) -> Bool {
        (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }

    /// Decodes answers, on the event loop, and resumes the tasks that wait for them.
    func receive(_ bytes: ByteBuffer) {
        var answered: [(Waiter, [RESPValue])] = []
        let fault: KMError? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.decoder.append(bytes.readableBytesView)
            do throws(RESPDecoder.Fault) {
                while let value = try state.decoder.next() {
                    guard let first = state.pending.indices.first else {
                        return .unavailable(address, "sent an answer without a command; check what listens there")
                    }
                    if state.pending[first].waiter != nil { state.pending[first].values.append(value) }
                    state.pending[first].missingCount -= 1
                    guard state.pending[first].missingCount == 0 else { continue }
                    let done = state.pending.removeFirst()
                    if let waiter = done.waiter {
                        answered.append((waiter, done.values))
                    } else {
                        state.expiredCount -= 1
                    }
                }
                return nil
            } catch {
                return .unavailable(
                    address,
                    "sent bytes that are not RESP2 (\(error.rawValue)); check that Redis listens there, and whether it requires TLS"
                )
            }
        }
        for (waiter, values) in answered {
            switch waiter {
            case .one(let continuation): continuation.resume(returning: .answered(values.first ?? .null))
            case .several(let continuation): continuation.resume(returning: .success(values))
            }
        }
        if let fault { close(fault) }
    }

    /// Waits until the channel is closed.
    func waitUntilClosed() async {
        let channel = state.withLock(\.channel)
        try? await channel?.closeFuture.get()
    }
}

/// Connects a channel with its connection.
private final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: RedisConnection

    init(_ connection: RedisConnection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.receive(unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.close(.unavailable(connection.address, "closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let detail =
            switch error {
            case is NIOSSLExtraError, is NIOSSLError, is BoringSSLError:
                "did not complete the TLS handshake; check the certificate authority, the server's certificate and its name"
            default: "closed the connection"
            }
        connection.close(.unavailable(connection.address, detail))
        context.close(promise: nil)
    }
}
#endif
