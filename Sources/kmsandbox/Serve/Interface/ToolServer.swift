#if Sandbox
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import KMDiagnosis
import KMCommandLine
import KMHummingbird
import KMPrimitives
import KMSecurity
import Logging
import NIOCore
import ServiceLifecycle

/// The HTTP server of `serve` and `proxy`.
struct ToolServer {
    let options: ListeningOptions
    let history: CallHistory
    /// The URL of the server, which is set as soon as it runs.
    let origin: Locked<String?>

    /// Serves until a signal stops the process.
    ///
    /// - Parameters:
    ///   - responder: What answers requests.
    ///   - announcement: Returns the lines to write when the server runs, for its URL.
    /// - Throws: ``KMError`` `portUnavailable`.
    func run(
        _ responder: some HTTPResponder<BasicRequestContext>,
        announcement: @escaping @Sendable (String) -> String
    ) async throws {
        var logger = Logger(label: "kmsandbox")
        logger.logLevel = .error
        let (options, origin) = (options, origin)
        let app = Application(
            responder: responder,
            server: .http1(configuration: Self.configuration),
            configuration: .init(address: .hostname(options.host, port: Int(options.port))),
            services: [HistoryService(history: history, isQuiet: options.quiet)],
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? Int(options.port)
                let url = "http://\(options.host.contains(":") ? "[\(options.host)]" : options.host):\(port)"
                origin.withLock { $0 = url }
                for warning in options.warnings { Messages.warning(warning) }
                try? Streams.write(Array(announcement(url).utf8))
            },
            logger: logger
        )
        do {
            try await StoppingApplication(app: app, history: history).runService()
        } catch {
            throw ListeningFault.error(error, host: options.host, port: Int(options.port))
        }
        let counts = history.counts.counts
        let count = counts.all - counts.callbacks
        Messages.note("stopped; \(count == 1 ? "1 call was" : "\(count) calls were") received")
    }

    private static var configuration: HTTP1Channel.Configuration {
        var configuration = HTTP1Channel.Configuration.km()
        let handlers = configuration.additionalChannelHandlers
        let isReported = Locked(false)
        configuration.additionalChannelHandlers = {
            handlers() + [
                ClientHelloDetection {
                    let isFirst = isReported.withLock { isReported in
                        defer { isReported = true }
                        return !isReported
                    }
                    guard isFirst else { return }
                    Messages.warning(
                        "a client began with TLS, and this server speaks http only; begin the client's base URL with http://"
                    )
                }
            ]
        }
        return configuration
    }
}

/// An application that ends the event streams when it stops, and ends what still runs three seconds later.
///
/// Hummingbird waits for all responses. An event stream never ends by itself, and a client that does not read it, or a
/// delayed answer, must not keep the tool from stopping.
private struct StoppingApplication<Responder: HTTPResponder>: ApplicationProtocol
where Responder.Context == BasicRequestContext {
    let app: Application<Responder>
    let history: CallHistory

    var responder: Responder { app.responder }
    var server: HTTPServerBuilder { app.server }
    var logger: Logger { app.logger }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await app.run() }
            group.addTask {
                try await gracefulShutdown()
                history.close()
                try await Task.sleep(for: .seconds(3))
            }
            try await group.next()
            group.cancelAll()
        }
    }
}

/// Writes a line for each call, and keeps the event streams alive.
private struct HistoryService: Service {
    let history: CallHistory
    let isQuiet: Bool

    func run() async throws {
        let calls = history.watch()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                while (try? await Task.sleep(for: .seconds(15))) != nil { history.report(.keepAlive) }
            }
            if !isQuiet, let calls {
                group.addTask {
                    for await case .call(let call, let warnings, let response) in calls {
                        write(call, warnings, response)
                    }
                }
            }
            try? await gracefulShutdown()
            group.cancelAll()
        }
    }

    private func write(_ summary: CallSummary, _ warnings: [String], _ responseSummary: String?) {
        let time = summary.receivedAt.dropFirst(11).prefix(12)
        let status = summary.status.map(String.init) ?? "no answer"
        let result = summary.resultCode.map { " \($0)" } ?? ""
        let response = responseSummary.map { "; response \($0)" } ?? ""
        try? Streams.writeLine(
            "\(time) #\(summary.number) \(summary.method) \(summary.path) \(status)\(result) "
                + "\(summary.summary)\(response)"
        )
        for warning in warnings { try? Streams.writeLine("    warning: \(warning)") }
    }
}
#endif
