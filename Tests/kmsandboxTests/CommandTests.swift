#if Sandbox
import Foundation
import KMSecurity
import KMTestSupport
import Testing

@testable import kmsandbox

@Suite("Commands", .serialized, .enabled(if: SandboxTool.path != nil, "\(SandboxTool.absence)")) struct CommandTests {
    private let parameters = String(decoding: CredentialsFile.documentedParameters, as: UTF8.self)

    private func folder(_ server: TestServer) throws -> TestFolder {
        let folder = try TestFolder()
        try folder.write(String(decoding: server.credentials.json(), as: UTF8.self), to: "credentials.json")
        try folder.write(String(decoding: server.otherCaller.json(), as: UTF8.self), to: "other.json")
        return folder
    }

    @Test(
        "Wrong usage has exit status 64",
        arguments: [
            ["conform"], ["conform", "--url", "http://127.0.0.1:1"], ["conform", "--url", "x", "--credentials", "y"],
            ["conform", "--url", "http://127.0.0.1:1", "--credentials", "x", "--only", "no-such-case"],
            ["conform", "--url", "http://127.0.0.1:1", "--credentials", "x", "--skip", "message"],
            ["conform", "--listen", "--url", "http://127.0.0.1:1"], ["conform", "--url", "x", "--", "true"],
            ["send"], ["nothing"], [],
        ]
    )
    func usage(_ arguments: [String]) async throws {
        // The base URL is parsed before the credentials file is read.
        let outcome = try await SandboxTool.run(arguments)
        #expect(outcome.status == 64, "\(outcome.errors)")
        #expect(outcome.errors.hasPrefix("kmsandbox: error: "))
        #expect(outcome.output.isEmpty)
    }

    @Test("A conforming server gives exit status 0, and no secret is written") func conform() async throws {
        let server = try TestServer()
        let folder = try folder(server)
        try await server.run { message, field in
            let outcome = try await SandboxTool.run([
                "conform", "--url", message, "--field-url", field, "--credentials", folder.path("credentials.json"),
                "--other-credentials", folder.path("other.json"), "--json", "--junit", folder.path("report.xml"),
                "--timeout", "60",
            ])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
            let secret = String(decoding: server.credentials.secretKey.exposed, as: UTF8.self)
            for text in [outcome.output, outcome.errors, try folder.read("report.xml")] {
                #expect(!text.contains(secret) && !text.contains("9491339401250765"))
            }
        }
    }

    @Test("A server that is not there gives exit status 1, an error, and no result") func noServer() async throws {
        let folder = try folder(TestServer())
        let outcome = try await SandboxTool.run([
            "conform", "--url", "http://127.0.0.1:1", "--credentials", folder.path("credentials.json"), "--json",
        ])
        #expect(outcome.status == 1 && outcome.output.isEmpty)
        #expect(outcome.errors.contains("nothing listens at this host and port"))
    }

    @Test(
        "Wrong usage of --only and of contradicting options names what to change",
        arguments: [
            (["--list", "--junit", "x"], "--list contradicts --junit"),
            (["--only", "replay-copi"], "did you mean replay-copy?"),
            (["--only", "right"], "it is a case of clients; use it with --listen"),
            (["--only", "field-moved", "--skip", "field"], "--only field-moved contradicts --skip field"),
            (["--skip", "field", "--field-url", "http://x"], "--field-url contradicts --skip field"),
            (["--listen", "--only", "repay"], "did you mean replay?"),
            (["--listen", "--only", "jwe-tag"], "it is a case of servers; use it with --url"),
            (["--listen", "--skip", "field"], "--skip contradicts --listen"),
            (["--listen", "--timeout", "5", "node", "x.mjs"], "put -- before the command: "),
            (["--listen", "node", "x.mjs", "--fault", "x"], "kmsandbox conform --listen -- node"),
        ]
    )
    func contradictions(options: [String], text: String) async throws {
        let outcome = try await SandboxTool.run(["conform"] + options)
        #expect(outcome.status == 64 && outcome.output.isEmpty)
        #expect(outcome.errors.contains(text), "\(outcome.errors)")
    }

    @Test("A signal ends a test of clients early, with its results", .timeLimit(.minutes(2))) func signal() async throws
    {
        let folder = try TestFolder()
        // The first run of the client stops the tool, its parent.
        let outcome = try await SandboxTool.run([
            "conform", "--listen", "--json", "--junit", folder.path("report.xml"), "--only", "right", "--only", "tag",
            "--",
            "/bin/sh", "-c", "kill -TERM $PPID; sleep 60",
        ])
        #expect(outcome.status == 143, "\(outcome.errors)")
        #expect(outcome.errors.contains("stopped by SIGTERM; 2 of 2 cases did not finish"))
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        #expect(object?["skipped"] as? Int == 2)
        #expect(try folder.read("report.xml").split(separator: "<skipped").count == 3)
    }

    @Test("With --listen, --only runs the named cases and those that they require") func listenOnly() async throws {
        let outcome = try await SandboxTool.run(["conform", "--listen", "--only", "replay", "--", "/bin/true"])
        #expect(outcome.status == 1 && outcome.output.hasSuffix("\n0 passed, 2 failed, 0 skipped\n"))
    }

    @Test("--list shows all cases, of servers and of clients") func list() async throws {
        let servers = try await SandboxTool.run(["conform", "--list"])
        #expect(servers.output.split(separator: "\n").count == ConformanceCase.all.count)
        let clients = try await SandboxTool.run(["conform", "--listen", "--list"])
        #expect(clients.output.split(separator: "\n").count == ClientCase.all.count)
        let article = SandboxTool.root.appending(path: "Sources/KMSecurity/KMSecurity.docc/ConformanceTests.md")
        let text = try String(contentsOf: article, encoding: .utf8)
        #expect(text.contains("The test has \(ConformanceCase.all.count) cases."))
        #expect(text.contains("tests your client with \(ClientCase.all.count) cases."))
    }

    @Test("send opens the answer", arguments: ["message", "field"]) func send(_ level: String) async throws {
        let server = try TestServer()
        let folder = try folder(server)
        try await server.run { message, field in
            let outcome = try await SandboxTool.run(
                [
                    "send", "--url", level == "message" ? message : field, "--level", level, "--credentials",
                    folder.path("credentials.json"),
                ],
                input: parameters
            )
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output == String(decoding: AnswerMaker.parameters, as: UTF8.self) + "\n")
            #expect(outcome.errors == "kmsandbox: 000_000: Success.\n")
        }
    }

    @Test("send says why a call or its answer is rejected") func sendRejected() async throws {
        let server = try TestServer()
        let folder = try folder(server)
        try await server.run { message, field in
            func run(_ url: String, _ options: [String], _ input: String) async throws -> SandboxTool.Outcome {
                let common = ["send", "--url", url, "--credentials", folder.path("credentials.json")]
                return try await SandboxTool.run(common + options, input: input)
            }
            let unknown = try await run(message, [], parameters.replacing("50000104652", with: "1"))
            #expect(unknown.status == 1)
            #expect(unknown.errors.contains("the server rejected the call: 001_006: Wallet user not found."))
            let plain = try await run(message, ["--level", "plain"], parameters)
            #expect(plain.status == 1 && plain.errors.contains("000_002"))
            let nowhere = try await run("http://127.0.0.1:1", [], parameters)
            #expect(nowhere.status == 1 && nowhere.errors.contains("callNotSent"))
            #expect(try await run(field, ["--level", "field", "--path", "/x"], parameters).status == 64)
        }
    }

    @Test(
        "The client of this package passes the test of clients",
        arguments: [[], ["--level", "field"], ["--profile", "gateway"]]
    )
    func client(_ options: [String]) async throws {
        let folder = try TestFolder()
        try folder.write(parameters, to: "parameters.json")
        let tool = try #require(SandboxTool.path)
        let call = "exec '\(tool)' send --url \"$KM_BASE_URL\" --credentials \"$KM_CREDENTIALS\" "
        let script = call + options.joined(separator: " ") + " '\(folder.path("parameters.json"))'"
        let outcome = try await SandboxTool.run([
            "conform", "--listen", "--timeout", "60", "--json", "--", "/bin/sh", "-c", script,
        ])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }

    @Test("A client that accepts everything, or sends nothing, fails") func carelessClient() async throws {
        let curl = try #require(SandboxTool.find("curl"))
        for command in ["/bin/true", "\(curl) -s -X POST \"$KM_BASE_URL/api/v1/card/status\"; true"] {
            let outcome = try await SandboxTool.run(["conform", "--listen", "--json", "--", "/bin/sh", "-c", command])
            #expect(outcome.status == 1)
            #expect(outcome.output.contains(command == "/bin/true" ? "the client sent no call" : "the client's call: "))
        }
    }
}
#endif
