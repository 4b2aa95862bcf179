#if Sandbox
import Foundation
import HTTPTypes
import Hummingbird
import KMAsyncHTTPClient
import KMDiagnosis
import KMPrimitives
import KMSecurity
import Testing

@testable import kmsandbox

@Suite("The proxy", .serialized) struct ProxyTests {
    private func credentials() throws -> CredentialsFile { try TestServer().credentials }

    @Test("Headers of one connection are not passed on, in either direction; all others are") func hopByHop()
        async throws
    {
        let stub = StubServer()
        try await stub.run { _, _ in
            StubServer.response(
                .ok,
                "{}",
                [
                    .connection: "X-Server-Hop", .init("X-Server-Hop")!: "1", .init("Keep-Alive")!: "timeout=5",
                    .proxyAuthenticate: "Basic", .init("X-Server-End")!: "2",
                ]
            )
        } _: { url in
            try await RunningProxy.run(to: url, credentials()) { running in
                let (response, text) = try await running.server.ask(
                    .post,
                    "/x?a=%20b",
                    [
                        .connection: "X-Client-Hop, close", .init("X-Client-Hop")!: "1", .te: "trailers",
                        .init("Keep-Alive")!: "timeout=5", .init("Proxy-Connection")!: "keep-alive",
                        .proxyAuthorization: "Basic eA==", .upgrade: "h2c", .acceptEncoding: "gzip",
                        .init("X-Client-End")!: "2", .kmTranToken: "KMV1:token",
                    ],
                    "body"
                )
                #expect(response.status == .ok && text == "{}")
                #expect(response.headerFields[.init("X-Server-End")!] == "2")
                for name in ["X-Server-Hop", "Keep-Alive", "Proxy-Authenticate"] {
                    #expect(response.headerFields[HTTPField.Name(name)!] == nil, "\(name)")
                }
                let head = try #require(stub.requests.first)
                #expect(head.path == "/x?a=%20b" && head.method == .post)
                #expect(head.headerFields[.init("X-Client-End")!] == "2")
                #expect(head.headerFields[.kmTranToken] == "KMV1:token")
                for name in [
                    "X-Client-Hop", "TE", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Upgrade",
                    "Accept-Encoding",
                ] {
                    #expect(head.headerFields[HTTPField.Name(name)!] == nil, "\(name)")
                }
                let own = url.dropFirst("http://".count)
                #expect(head.authority == String(own))
            }
        }
    }

    @Test("A first answer with HTTP 404 gives a hint about --to, and a later one does not") func hint() async throws {
        try await StubServer().run { head, _ in
            StubServer.response(head.path?.hasPrefix("/open-api/") == true ? .ok : .notFound)
        } _: { url in
            for (base, path, part) in [
                ("", "/api/v1/x", "--to has no base path"), ("/other", "/other/x", "the base path /other of --to"),
                ("/open-api", "/x", "the client must call the proxy below /open-api"),
            ] {
                try await RunningProxy.run(to: url + base, credentials()) { running in
                    #expect(running.proxy.firstAnswer.hint == nil)
                    #expect(try await running.server.ask(.post, path, [:], "{}").0.status == .notFound)
                    let hint = try #require(running.proxy.firstAnswer.hint)
                    #expect(hint.contains("HTTP 404") && hint.contains(part), "\(hint)")
                    let (_, state) = try await running.server.ask(.get, "/sandbox/state")
                    #expect(state.contains("HTTP 404"))
                }
            }
            try await RunningProxy.run(to: url, credentials()) { running in
                for path in ["/open-api/x", "/api/x"] { _ = try await running.server.ask(.post, path, [:], "{}") }
                #expect(running.proxy.firstAnswer.hint == nil)
            }
        }
    }

    @Test("A server that does not answer gives HTTP 502 with the reason, and a record of it") func noServer()
        async throws
    {
        try await RunningProxy.run(to: "http://127.0.0.1:1/open-api", credentials()) { running in
            let (response, text) = try await running.server.ask(.post, "/open-api/x", [:], "{}")
            #expect(response.status == .badGateway && response.headerFields[.contentType] == "application/json")
            let error = try interfaceError(text)
            #expect(error.detail.contains("nothing listens at 127.0.0.1:1"))
            #expect(try running.newest().judgment.summary.contains("nothing listens"))
            #expect(running.proxy.firstAnswer.hint == nil)
        }
    }

    @Test("Pages of other sites can neither read calls nor call the server") func siteGuard() async throws {
        let stub = StubServer()
        try await stub.run { _, _ in
            StubServer.response(.ok)
        } _: { url in
            try await RunningProxy.run(to: url, credentials()) { running in
                let site = HTTPField.Name("Sec-Fetch-Site")!
                for fields: HTTPFields in [
                    [.origin: "http://evil.example"], [.origin: "null"], [site: "cross-site"], [site: "same-site"],
                ] {
                    for (method, path) in [
                        (HTTPRequest.Method.get, "/"), (.get, "/sandbox/calls"), (.delete, "/sandbox/calls"),
                        (.post, "/open-api/api/v1/card/status"),
                    ] {
                        let (response, text) = try await running.server.ask(method, path, fields)
                        #expect(response.status == .forbidden, "\(method) \(path) \(fields)")
                        #expect(try interfaceError(text).code == "siteRejected")
                    }
                }
                #expect(stub.requests.isEmpty && running.proxy.history.counts.counts.all == 0)
                for fields: HTTPFields in [
                    [.origin: running.server.origin], [site: "same-origin"], [site: "none"], [:],
                ] {
                    #expect(try await running.server.ask(.get, "/sandbox/calls", fields).0.status == .ok)
                    #expect(try await running.server.ask(.post, "/x", fields, "{}").0.status == .ok)
                }
                #expect(stub.requests.count == 4)
                #expect(try await running.server.ask(.put, "/sandbox/calls").0.status == .methodNotAllowed)
            }
        }
    }
}
#endif
