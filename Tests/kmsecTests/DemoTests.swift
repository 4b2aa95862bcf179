import Foundation
import Testing

extension ToolTests {
    /// Checks the output of `kmsec demo --json`.
    @Suite struct DemoTests {
        private struct Report: Decodable {
            struct Message: Decodable {
                let parameters: String
                let headers: [String: String]
                let body: String
                let received: String
            }

            struct Rejection: Decodable {
                let attempt: String
                let code: String
                let reply: String
            }

            let method: String
            let path: String
            let profile: String
            let request: Message
            let response: Message
            let rejections: [Rejection]
        }

        @Test(arguments: [("documented", 66, "A256GCM"), ("gateway", 67, "A128GCM")])
        func theReportHasMessagesAndRejections(_ profile: String, _ tokenCount: Int, _ enc: String) async throws {
            let kmsec = try #require(Programs.kmsec)
            let output = try await kmsec.output(of: ["demo", "--json", "--profile", profile])
            let report = try JSONDecoder().decode(Report.self, from: Data(output))
            #expect(report.method == "POST")
            #expect(report.path == "/open-api/api/v1/issued-cards/pre-issue/waiting/physical")
            #expect(report.profile == profile)
            for message in [report.request, report.response] {
                #expect(message.received == message.parameters)
                let inspected = try await kmsec.output(of: ["jwe", "inspect"], input: Array(message.body.utf8))
                #expect(String(decoding: inspected, as: UTF8.self).contains(#""enc":"\#(enc)""#))
            }
            let headers = report.request.headers
            let names = ["User-AspId", "Correlation-Id", "Access-Key", "Crypto-Key-Id", "Tran-Token", "Tran-Time"]
            #expect(Set(headers.keys) == Set((names + ["Time-Zone"]).map { "X-KM-\($0)" }))
            #expect(headers["X-KM-Tran-Token"]?.utf8.count == tokenCount)
            let echoed = ["X-KM-Correlation-Id", "X-KM-Crypto-Key-Id"]
            #expect(report.response.headers == headers.filter { echoed.contains($0.key) })
            let codes = ["replayed", "tokenMismatch", "tokenStale", "keyUnknown", "authenticationFailed"]
            #expect(report.rejections.map(\.code) == codes)
            // The reply does not reveal the reason.
            #expect(Set(report.rejections.map(\.reply)).count == 1)
        }

        /// `kmsec headers check` accepts the headers of the demo.
        @Test func headersPassTheHeaderCheck() async throws {
            let kmsec = try #require(Programs.kmsec)
            let report = try await JSONDecoder().decode(
                Report.self,
                from: Data(kmsec.output(of: ["demo", "--json"]))
            )
            for (message, options) in [(report.request, []), (report.response, ["--response"])] {
                let lines = message.headers.map { "\($0.key): \($0.value)\n" }.joined()
                try await kmsec.output(of: ["headers", "check"] + options, input: Array(lines.utf8))
            }
        }
    }
}
