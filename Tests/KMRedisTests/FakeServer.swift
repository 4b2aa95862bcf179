#if Redis
import Foundation
import KMRedis
import KMSecurity
import NIOCore
import NIOPosix

/// A server that answers as a test says, on a port of the loopback interface.
final class FakeServer: Sendable {
    /// What the server does with a command.
    enum Reply: Sendable {
        case bytes(String)
        case nothing
        case close(after: String)
    }

    private let channel: any Channel
    var port: Int { channel.localAddress?.port ?? 0 }

    /// Starts a server.
    ///
    /// - Parameter reply: Returns what to do with a command, which is the text of its arguments.
    /// - Throws: An error of the system if there is no free port.
    init(_ reply: @escaping @Sendable ([String]) -> Reply) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(reply))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    deinit { channel.close(promise: nil) }

    /// The reply of a healthy Redis, for the commands of a check.
    static func healthy(_ command: [String], clockOffset: Int64 = 0) -> Reply {
        switch command.first {
        case "TIME":
            let seconds = "\(Int64(Date().timeIntervalSince1970) + clockOffset)"
            return .bytes("*2\r\n$\(seconds.utf8.count)\r\n\(seconds)\r\n$1\r\n0\r\n")
        case "INFO": return .bytes("$11\r\nmaxmemory:0\r\n")
        case "GET": return .bytes("$1\r\n1\r\n")
        case "HGETALL": return .bytes("*0\r\n")
        case "HINCRBY", "PEXPIREAT": return .bytes(":1\r\n")
        default: return .bytes("+OK\r\n")
        }
    }

    /// The configuration of a guard on this server.
    func configuration(timeout: Duration = .seconds(5)) -> RedisReplayGuard.Configuration {
        var configuration = RedisReplayGuard.Configuration(
            address: .insecurePlaintext(host: "127.0.0.1", port: port)
        )
        configuration.timeout = timeout
        configuration.connectionCount = 1
        return configuration
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let reply: @Sendable ([String]) -> Reply
        private var decoder = RESPDecoder()

        init(_ reply: @escaping @Sendable ([String]) -> Reply) { self.reply = reply }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            decoder.append(unwrapInboundIn(data).readableBytesView)
            while let value = try? decoder.next(), case .array(let words) = value {
                switch reply(words.compactMap(\.text)) {
                case .nothing: break
                case .bytes(let text): write(text, context)
                case .close(let text):
                    write(text, context)
                    context.close(promise: nil)
                }
            }
        }

        private func write(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }
    }
}
#endif
