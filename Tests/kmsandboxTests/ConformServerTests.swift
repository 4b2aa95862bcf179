#if Sandbox
import Foundation
import HTTPTypes
import KMAsyncHTTPClient
import KMCommandLine
import KMPrimitives
import KMSecurity
import KMTestSupport
import Testing

@testable import kmsandbox

@Suite("Conformance of servers", .serialized) struct ConformServerTests {
    private func results(
        _ credentials: CredentialsFile,
        _ message: String,
        _ field: String? = nil,
        hasFieldLevel: Bool = true,
        otherCaller: CredentialsFile? = nil,
        only: [String] = []
    ) async throws -> ConformanceReport {
        let session = try Session(
            credentials,
            .init(
                messageURL: BaseURL(insecure: message),
                fieldURL: BaseURL(insecure: field ?? message),
                timeout: .seconds(60),
                otherCaller: otherCaller
            )
        )
        let run = ConformanceRun(session: session, hasFieldLevel: hasFieldLevel, only: only)
        defer { Task { try? await session.transport.shutdown() } }
        return try await run.results { _, _, _ in }
    }

    @Test("A server on KMHummingbird passes all cases") func passes() async throws {
        let server = try TestServer()
        try await server.run { message, field in
            let report = try await results(server.credentials, message, field, otherCaller: server.otherCaller)
            let failed = report.cases.filter { $0.result != .passed }.map { "\($0.name): \($0.observed)" }
            #expect(failed.isEmpty, "\(failed)")
            #expect(report.passed == ConformanceCase.all.count)
        }
    }

    @Test("Without the field level and a second key, the cases about them are skipped") func skips() async throws {
        let server = try TestServer()
        var credentials = server.credentials
        credentials.otherKey = nil
        try await server.run { [credentials] message, _ in
            let report = try await results(credentials, message, hasFieldLevel: false)
            #expect(report.failed == 0)
            let skipped = report.cases.filter { $0.result == .skipped }.map(\.name)
            let expected = ConformanceCase.all.filter { !$0.needs.isEmpty }.map(\.name)
            #expect(skipped == expected)
        }
    }

    @Test("If the server does not open the first call, no case is run, and the error says what to check")
    func firstFails() async throws {
        let server = try TestServer()
        try await server.run { message, _ in
            let wrong = CredentialsFile(
                aspID: server.credentials.aspID,
                accessKey: server.credentials.accessKey,
                secretKey: try SecretBytes("another"),
                key: server.credentials.key,
                timeZone: .utc
            )
            var unknown = server.credentials
            unknown.parameters = Array(
                #"{"userId":1,"physicalCardNo":"9491339401250765","physicalCardExpDate":"3108","physicalCardCVC":"211"}"#
                    .utf8
            )
            let cases: [(CredentialsFile, String, KMError.Code, String)] = [
                (wrong, message, .firstCallRejected, "HTTP 400 with 000_002; it may not know these credentials"),
                (server.credentials, message + "/x", .firstCallNotFound, "HTTP 404"),
                (server.credentials, "http://127.0.0.1:1", .callNotSent, "nothing listens at this host and port"),
                (unknown, message, .testCardUnknown, "001_006"),
            ]
            for (credentials, url, code, text) in cases {
                let error = await #expect(throws: KMError.self) { try await results(credentials, url) }
                #expect(error?.code == code && error?.detail.contains(text) == true, "\(String(describing: error))")
            }
        }
    }

    @Test(
        "The Date header says how far the server's clock is",
        arguments: [(-600.0, -600), (0, 0), (3600, 3600)]
    )
    func clockDifference(offset: Double, seconds: Int) throws {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        var head = HTTPResponse(status: .badRequest)
        #expect(ClockDifference(head) == nil)
        head.headerFields[.date] = formatter.string(from: Date(timeIntervalSinceNow: offset))
        let found = try #require(ClockDifference(head)?.seconds)
        // The header has whole seconds, and the test can take some.
        #expect(abs(found - seconds) <= 30)
    }

    @Test("The credentials of another caller must not be the caller's own") func sameCaller() async throws {
        let server = try TestServer()
        let error = await #expect(throws: KMError.self) {
            try await results(server.credentials, "http://127.0.0.1:1", otherCaller: server.credentials)
        }
        #expect(error?.code == .malformedCredentials && error?.detail.contains("another caller") == true)
    }

    @Test("A stopped test keeps the finished cases, and skips the others") func stopped() async throws {
        let server = try TestServer()
        try await server.run { message, _ in
            let session = try Session(
                server.credentials,
                .init(
                    messageURL: BaseURL(insecure: message),
                    fieldURL: BaseURL(insecure: message),
                    timeout: .seconds(60)
                )
            )
            let run = ConformanceRun(session: session, hasFieldLevel: false, only: [])
            let report = try await Task {
                try await run.results { number, _, _ in
                    if number == 3 { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
                }
            }.value
            try await session.transport.shutdown()
            #expect(report.cases.map(\.name) == ConformanceCase.all.map(\.name))
            #expect(report.passed == 2 && report.failed == 0)
            #expect(report.unfinished.count == ConformanceCase.all.count - 2)
            #expect(report.cases[2].observed == "not finished, because the test was stopped")
        }
    }

    @Test("With --only, a case runs with those that it requires") func only() async throws {
        let server = try TestServer()
        try await server.run { message, _ in
            let report = try await results(server.credentials, message, only: ["jwe-part-size"])
            #expect(report.cases.map(\.name) == ["valid-documented", "jwe-tag", "jwe-part-size"])
            #expect(report.failed == 0)
        }
    }

    @Test("Names are unique, and a case requires only earlier ones") func names() {
        var seen: Set<String> = []
        for test in ConformanceCase.all {
            #expect(test.name.wholeMatch(of: /[a-z0-9_]+(-[a-z0-9_]+)*/) != nil)
            #expect(test.requires.allSatisfy(seen.contains), "\(test.name)")
            #expect(seen.insert(test.name).inserted)
            #expect(test.expected.hasSuffix("."))
        }
        #expect(Set(ClientCase.all.map(\.name)).count == ClientCase.all.count)
    }

    @Test(
        "A server in Node passes, and exactly one case finds a planted fault",
        .enabled(
            if: SandboxTool.find("node") != nil && SandboxTool.find("openssl") != nil,
            "node or openssl is not installed"
        )
    )
    func plantedFaults() async throws {
        let script = SandboxTool.root.appending(path: "Tests/Sandbox/faults").path(percentEncoded: false)
        let faults = [
            "no-mac-check", "replay-race", "aad-of-parsed-header", "detailed-errors", "fails-on-garbage",
            "ignores-key-owner",
        ]
        let tool = try #require(SandboxTool.path)
        for chosen in [["(none)"], faults] {
            let outcome = try await SandboxTool.run(
                [script, tool] + chosen,
                program: SandboxTool.find("node")
            )
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            #expect(outcome.output.split(separator: "\n").count == chosen.count)
        }
    }
}
#endif
