#if Sandbox
import ArgumentParser
import Foundation
import HTTPTypes
import KMAsyncHTTPClient
import KMDiagnosis
import KMPrimitives
import KMSecurity
import Testing

@testable import kmsandbox

@Suite("The sandbox over HTTP", .serialized) struct InterfaceTests {
    private func withSandbox(_ body: (RunningSandbox) async throws -> Void) async throws {
        try await RunningSandbox.run(body)
    }

    @Test("Pages and names of other sites are rejected, and every answer has the headers of a careful page")
    func siteGuard() async throws {
        try await withSandbox { running in
            let own = running.origin
            let json: HTTPFields = [.contentType: "application/json"]
            let rejected: [(HTTPRequest.Method, String, HTTPFields)] = [
                (.get, "/sandbox/credentials.json", [.origin: "http://evil.example"]),
                (.get, "/sandbox/state", [.origin: "null"]),
                (.get, "/sandbox/state", [.init("Sec-Fetch-Site")!: "cross-site"]),
                (.get, "/sandbox/state", [.init("Sec-Fetch-Site")!: "same-site"]),
                (.post, "/sandbox/keys/rotate", [.contentType: "text/plain"]),
                (.post, "/open-api/api/v1/card/status", [.origin: "http://evil.example"]),
                (.put, "/sandbox/settings", [.contentType: "application/x-www-form-urlencoded"]),
            ]
            for (method, path, fields) in rejected {
                let (response, text) = try await running.server.ask(method, path, fields, method == .get ? "" : "{}")
                #expect(response.status == .forbidden, "\(method) \(path) \(fields)")
                #expect(!text.contains(running.sandbox.parties.accessKey.text))
                let isPage = !path.hasPrefix(Sandbox.basePath)
                #expect(
                    response.headerFields[.contentSecurityPolicy]?.hasPrefix("default-src 'none'")
                        == (isPage ? true : nil)
                )
            }
            #expect(running.sandbox.history.counts.counts.all == 0)
            #expect(running.sandbox.parties.currentKeys.all.count == 2)
            if let curl = SandboxTool.find("curl") {
                for host in ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::1", "LOCALHOST"] {
                    let arguments = [
                        "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Host: \(host)", "\(own)/sandbox/state",
                    ]
                    let status = try await SandboxTool.run(arguments, program: curl).output
                    #expect(status == (host == "LOCALHOST" ? "200" : "403"), "\(host)")
                }
            }
            for (path, status) in [("/", 200), ("/sandbox/app.js", 200), ("/sandbox/nothing", 404), ("/nothing", 404)] {
                let (response, _) = try await running.server.ask(.get, path, [.origin: own])
                #expect(response.status.code == status, "\(path)")
                #expect(response.headerFields[.contentSecurityPolicy]?.contains("frame-ancestors 'none'") == true)
                #expect(response.headerFields[.cacheControl] == "no-store")
            }
            let (response, _) = try await running.server.ask(.post, "/sandbox/keys/rotate", json, "{}")
            #expect(response.status == .ok && running.sandbox.parties.currentKeys.all.count == 3)
        }
    }

    @Test("Malformed requests to the control interface are named") func malformed() async throws {
        try await withSandbox { running in
            let json: HTTPFields = [.contentType: "application/json"]
            for (method, path, body) in [
                (HTTPRequest.Method.put, "/sandbox/settings", "x"), (.put, "/sandbox/settings", #"{"fault":"other"}"#),
                (.put, "/sandbox/settings", #"{"clockSkewSeconds":1e9}"#), (.post, "/sandbox/try", "{}"),
                (.post, "/sandbox/try", #"{"parameters":{},"profile":"x"}"#), (.post, "/sandbox/try", "["),
                (.post, "/sandbox/callback", #"{"parameters":{}}"#),
                (.post, "/sandbox/callback", #"{"url":"ftp://x","parameters":{}}"#),
                (.get, "/sandbox/calls?verdict=x", ""),
            ] {
                let (response, text) = try await running.server.ask(method, path, body.isEmpty ? [:] : json, body)
                #expect(response.status == .badRequest, "\(path) \(body): \(text)")
                #expect(text.contains(#""error":{"code":"#))
            }
            let (response, _) = try await running.server.ask(.get, "/sandbox/calls/99", [:])
            #expect(response.status == .notFound)
            let (unreachable, text) = try await running.server.ask(
                .post,
                "/sandbox/callback",
                json,
                #"{"url":"http://127.0.0.1:1/x","parameters":{}}"#
            )
            #expect(unreachable.status == .badGateway && text.contains("callbackFailed"))
        }
    }

    @Test("An oversized body gets the platform's answer, and is recorded") func oversized() async throws {
        try await withSandbox { running in
            let body = String(repeating: "x", count: ParameterLimits.standard.maximumBodyByteCount + 1)
            let path = Sandbox.basePath + Endpoint.waitingPhysicalCards.path
            let (response, text) = try await running.server.ask(.post, path, [:], body)
            #expect(response.status == .badRequest && text.contains("000_002"))
            let call = try #require(running.sandbox.history.calls(after: 0, nil, limit: 1).first)
            #expect(call.judgment.code == "limitExceeded")
        }
    }

    @Test("A callback to an endpoint that answers plainly is judged") func callback() async throws {
        try await withSandbox { running in
            let url = "\(running.origin)\(Sandbox.basePath)/api/v1/card/status"
            let (response, text) = try await running.server.ask(
                .post,
                "/sandbox/callback",
                [.contentType: "application/json"],
                #"{"url":"\#(url)","parameters":{"userId":1}}"#
            )
            #expect(response.status == .ok && text.contains(#""direction":"callback""#))
            // The sandbox itself does not accept callbacks: they have no access key.
            #expect(text.contains(#""status":400"#))
        }
    }

    @Test("The exported curl command sends the same request, and shows nothing but the answer") func curlExport()
        async throws
    {
        try await withSandbox { running in
            let order = #"{"parameters":\#(String(decoding: try TestData.validJSON(), as: UTF8.self))}"#
            _ = try await running.server.askJSON(.post, "/sandbox/try", order)
            let (_, command) = try await running.server.ask(.get, "/sandbox/calls/1/curl")
            #expect(command.hasPrefix("curl --silent --show-error --globoff "))
            let outcome = try await SandboxTool.run(["-c", command], program: "/bin/sh")
            #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
            #expect(outcome.output.contains("000_002"))
            let copy = try running.newest()
            #expect(copy.number == 2 && copy.judgment.code == "replayed")
        }
    }
}
#endif
