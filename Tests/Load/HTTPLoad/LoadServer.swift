#if Hummingbird && AsyncHTTPClient
import Foundation
import Hummingbird
import HummingbirdTLS
import KMHummingbird
import KMSecurity
import Logging

/// The endpoints that are measured; all of them return the parameters that they get.
struct LoadServer {
    let keys: LoadKeys

    init(_ keys: LoadKeys) { self.keys = keys }

    func run() async throws {
        let server = try keys.server()
        let router = Router()
        router.post("echo") { request, _ in
            Response(status: .ok, body: ResponseBody(byteBuffer: try await request.body.collect(upTo: 1 << 20)))
        }
        let bare = BareOpenSSL(keys)
        router.post("bare") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            try bare.run()
            return Response(status: .ok, body: ResponseBody(byteBuffer: body))
        }
        let routes = router.km(server)
        for endpoint in [Endpoint.message, .byField] {
            try routes.on(endpoint, bytes: { call, _ in call.parameters })
        }
        var logger = Logger(label: "server")
        logger.logLevel = .critical
        let app = Application(
            router: router,
            server: try .tls(.http1(configuration: .km()), tlsConfiguration: keys.serverTLS()),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                print("https://localhost:\(channel.localAddress?.port ?? 0)")
                fflush(nil)
            },
            logger: logger
        )
        try await app.runService()
    }
}

extension Endpoint {
    static let message = Endpoint("/message")
    static let byField = Endpoint(
        "/by-field",
        request: waitingPhysicalCardsByField.request,
        response: waitingPhysicalCardsByField.request
    )
}
#endif
