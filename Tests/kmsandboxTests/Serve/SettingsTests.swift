#if Sandbox
import Foundation
import HTTPTypes
import KMAsyncHTTPClient
import KMDiagnosis
import KMPrimitives
import KMSecurity
import Testing

@testable import kmsandbox

@Suite("The settings of the sandbox", .serialized) struct SettingsTests {
    @Test("A setting that does not exist, or a wrong value, is rejected with its name and what is allowed")
    func strict() async throws {
        try await RunningSandbox.run { running in
            for (body, code, parts) in [
                (#"{"falt":"slow"}"#, "settingInvalid", ["falt", "fault, clockSkewSeconds and delayMilliseconds"]),
                (#"{"fault":"none","extra":1}"#, "settingInvalid", ["extra"]),
                (#"{"fault":"other"}"#, "settingInvalid", ["fault", "none, slow, status-500, wrong-key, cut-body"]),
                (#"{"fault":1}"#, "settingInvalid", ["fault must be a string"]),
                (#"{"fault":null}"#, "settingInvalid", ["fault must be a string"]),
                (#"{"fault":"slow","fault":"none"}"#, "settingInvalid", ["twice"]),
                (#"{"clockSkewSeconds":"5"}"#, "settingInvalid", ["clockSkewSeconds must be a number"]),
                (#"{"clockSkewSeconds":1.5}"#, "settingInvalid", ["clockSkewSeconds must be an integer"]),
                (#"{"clockSkewSeconds":86401}"#, "settingInvalid", ["from -86400 to 86400; got 86401"]),
                (#"{"delayMilliseconds":-1}"#, "settingInvalid", ["delayMilliseconds", "from 0 to 60000; got -1"]),
                ("[]", "settingInvalid", ["must be an object"]),
                ("", "malformedJSON", [#"{"fault":"none"}"#]), ("{} {}", "malformedJSON", ["one JSON object"]),
            ] {
                let (response, text) = try await running.server.askJSON(.put, "/sandbox/settings", body)
                #expect(response.status == .badRequest, "\(body)")
                #expect(response.headerFields[.contentType] == "application/json")
                let error = try interfaceError(text)
                #expect(error.code == code, "\(body)")
                for part in parts { #expect(error.detail.contains(part), "\(body): \(error.detail)") }
            }
            #expect(running.sandbox.currentSettings == SandboxSettings())
        }
    }

    @Test("Settings are read as they were set, and DELETE /sandbox/state takes them back") func readAndReset()
        async throws
    {
        try await RunningSandbox.run { running in
            func settings() async throws -> String { try await running.server.ask(.get, "/sandbox/settings").1 }
            let start = #"{"clockSkewSeconds":0,"delayMilliseconds":3000,"fault":"none"}"# + "\n"
            #expect(try await settings() == start)
            let change = #"{"clockSkewSeconds":-7,"delayMilliseconds":5,"fault":"cut-body"}"#
            let (_, state) = try await running.server.askJSON(.put, "/sandbox/settings", change)
            #expect(try await settings() == change + "\n")
            #expect(state.contains("the fault cut-body is set") && state.contains("clock is 7 s slow"))
            try running.sandbox.rotate()
            let keys = running.sandbox.parties.currentKeys.all.map(\.pair.id)
            let (response, restored) = try await running.server.ask(.delete, "/sandbox/state")
            #expect(response.status == .ok && !restored.contains("is set"))
            #expect(try await settings() == start)
            #expect(running.sandbox.parties.currentKeys.all.map(\.pair.id) == keys)
        }
    }

    @Test("Every error of the control interface is JSON that says what to do") func errors() async throws {
        try await RunningSandbox.run { running in
            let site = HTTPFields([HTTPField(name: .origin, value: "http://evil.example")])
            let large = String(repeating: " ", count: 1 << 20) + "{}"
            for (method, path, fields, body, status, code, part) in [
                (HTTPRequest.Method.get, "/sandbox/state", site, "", 403, "siteRejected", "Origin"),
                (.post, "/open-api/api/v1/card/status", site, "{}", 403, "siteRejected", "Origin"),
                (.get, "/sandbox/nothing", [:], "", 404, "pageUnknown", "the page is at /"),
                (.get, "/sandbox/files/nothing", [:], "", 404, "pageUnknown", "credentials.json"),
                (.get, "/sandbox/calls/99", [:], "", 404, "callUnknown", "/sandbox/calls"),
                (.get, "/sandbox/calls/x", [:], "", 404, "callUnknown", "/sandbox/calls"),
                (.get, "/sandbox/calls/99/curl", [:], "", 404, "callUnknown", "/sandbox/calls"),
                (.get, "/sandbox/calls/99/case", [:], "", 404, "pageUnknown", "the page is at /"),
                (.delete, "/sandbox/settings", [:], "", 405, "methodNotAllowed", "send GET, PUT"),
                (.put, "/sandbox/calls/99", [:], "", 405, "methodNotAllowed", "send GET"),
                (.put, "/sandbox/settings", [.contentType: "application/json"], large, 413, "limitExceeded", "1 MiB"),
            ] {
                let (response, text) = try await running.server.ask(method, path, fields, body)
                #expect(response.status.code == status, "\(method) \(path)")
                #expect(response.headerFields[.contentType] == "application/json", "\(method) \(path)")
                let error = try interfaceError(text)
                #expect(error.code == code && error.detail.contains(part), "\(method) \(path): \(error)")
                if status == 405 { #expect(response.headerFields[.allow]?.contains("GET") == true) }
            }
        }
    }

    @Test("A call outside the base path is recorded with the path that it should have") func basePath() async throws {
        try await RunningSandbox.run { running in
            let endpoint = Endpoint.waitingPhysicalCards.path
            for (method, path, fields) in [
                (HTTPRequest.Method.post, endpoint, HTTPFields()), (.post, "/openapi\(endpoint)", [:]),
                (.post, "/v1/unknown?a=b", [:]), (.get, "/api/v1/card/status", [:]),
                (.get, "/status", [.kmUserAspID: "000170000000000"]),
            ] {
                let before = running.sandbox.history.counts.counts.rejected
                let (response, text) = try await running.server.ask(method, path, fields, method == .post ? "{}" : "")
                #expect(response.status == .notFound, "\(path)")
                #expect(try interfaceError(text).detail.contains("/open-api"))
                #expect(running.sandbox.history.counts.counts.rejected == before + 1, "\(path)")
                let call = try running.newest()
                #expect(call.request.path == path)
                let step = try #require(call.judgment.firstFailure)
                #expect(step.name == .endpoint && step.cause == "endpoint-base-path", "\(path)")
                #expect(step.fix?.contains("/open-api") == true, "\(path)")
                #expect(call.judgment.summary.contains("/open-api"), "\(path)")
            }
            // What browsers ask for is no call.
            let count = running.sandbox.history.counts.counts.all
            for path in ["/favicon.ico", "/sandbox/nothing", "/sandbox"] {
                #expect(try await running.server.ask(.get, path).0.status == .notFound)
            }
            #expect(running.sandbox.history.counts.counts.all == count)
        }
    }
}
#endif
