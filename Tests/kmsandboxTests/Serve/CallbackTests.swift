#if Sandbox
import Foundation
import HTTPTypes
import Hummingbird
import KMAsyncHTTPClient
import KMDiagnosis
import KMHummingbird
import KMPrimitives
import KMSecurity
import Testing

@testable import kmsandbox

@Suite("Callbacks of the sandbox", .serialized) struct CallbackTests {
    private func order(_ url: String) -> String { #"{"url":"\#(url)","parameters":{"userId":1}}"# }

    @Test("A callback that nobody answers is recorded with the reason") func unanswered() async throws {
        try await RunningSandbox.run { running in
            let (response, text) = try await running.server.askJSON(
                .post,
                "/sandbox/callback",
                order("http://127.0.0.1:1/callback")
            )
            #expect(response.status == .badGateway)
            let error = try interfaceError(text)
            #expect(error.code == "callbackFailed" && error.detail.contains("nothing listens"))
            let call = try running.newest()
            #expect(error.detail.contains("call \(call.number) has the request"))
            #expect(call.direction == .callback && !call.hasResponse && call.judgment.verdict == .rejected)
            #expect(call.judgment.code == "callbackFailed")
            #expect(call.judgment.summary.contains("nothing listens at 127.0.0.1:1"))
            #expect(call.judgment.firstFailure?.fix?.contains("start the server") == true)
            #expect(call.request.headers[.kmTranToken] != nil && call.request.headers[.kmAccessKey] == nil)
            let described = try InterfaceJSON.text(CallDescription(call, isRevealed: false))
            #expect(!described.contains(#""status":502"#) && described.contains("nothing listens"))
            #expect(CallExport(call: call, origin: "").report.contains("HTTP status: no answer"))
        }
    }

    @Test(
        "An answer that is no success is recorded with the reason",
        arguments: [
            (404, "", "statusUnexpected", "HTTP status 404"), (500, "x", "statusUnexpected", "HTTP status 500"),
            (200, "x", "headerMissing", "X-KM-Correlation-Id is missing"),
            (
                400, #"{"response":{"code":"000_002","message":"Invalid input parameter."}}"#, "callbackRejected",
                "HTTP status 400 with the result 000_002: your server rejected the callback"
            ),
        ]
    )
    func failed(_ status: Int, _ body: String, _ code: String, _ reason: String) async throws {
        try await RunningSandbox.run { running in
            let stub = StubServer()
            try await stub.run { _, _ in
                StubServer.response(.init(code: status), body)
            } _: { url in
                let (response, text) = try await running.server.askJSON(
                    .post,
                    "/sandbox/callback",
                    order("\(url)/cb?a=b")
                )
                #expect(response.status == .ok && text.contains(#""direction":"callback""#))
                let call = try running.newest()
                #expect(call.hasResponse && call.response.status.code == status)
                #expect(call.judgment.verdict == .rejected && call.judgment.code == code)
                #expect(call.judgment.summary.contains(reason), "\(call.judgment.summary)")
                #expect(stub.requests.map(\.path) == ["/cb?a=b"])
            }
        }
    }

    @Test("A callback is accepted by a provider's server, and follows the sandbox's clock", arguments: [0, 5000])
    func clock(_ skew: Int) async throws {
        try await RunningSandbox.run { running in
            let parties = running.sandbox.parties
            try running.sandbox.change(.init(clockSkewSeconds: skew))
            let provider = try ServerSecurity(
                party: .serviceProvider,
                credentials: parties.credentials,
                keyring: parties.clientKeyring,
                replayGuard: .inMemory(),
                configuration: .init(replayRetention: .seconds(3600)),
                clock: { Date().addingTimeInterval(TimeInterval(skew)) }
            )
            try await StubServer().run { head, body in
                let reply = await provider.respond(to: head.headerFields, body, for: Endpoint("/callback")) { _ in
                    PlatformResult.success.body
                }
                let answer = Sandbox.Answer(reply)
                return answer.response
            } _: { url in
                _ = try await running.server.askJSON(.post, "/sandbox/callback", order("\(url)/callback"))
                let call = try running.newest()
                #expect(call.judgment.verdict == .accepted, "\(call.judgment.summary)")
                #expect(call.resultCode == "000_000")
                #expect(call.alterations.count == (skew == 0 ? 0 : 1))
                let ahead = call.request.date.timeIntervalSinceNow
                #expect(skew == 0 ? ahead <= 0 : ahead > 1000)
            }
        }
    }
}
#endif
