#if Sandbox
import ArgumentParser
import Foundation
import KMAsyncHTTPClient
import KMCommandLine
import KMPrimitives
import KMSecurity

/// Tests a server of the documented call.
struct ConformCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conform",
        abstract: "Test a server or a client, in any language, with valid and hostile messages.",
        discussion: """
            With --url, tests a server. It sends valid calls, then calls with exactly one defect each, and says what the \
            server did with them. The parameters of the valid calls come from the credentials file, or are those of the \
            documented test card.

            With --listen, tests a client: answers its calls rightly and wrongly, and says which answers it accepted. A \
            COMMAND after -- runs once for each case, with KM_BASE_URL and KM_CREDENTIALS (the path of a credentials \
            file) in its environment. Its exit status 0 means that it accepted the answer. Without a COMMAND, each case \
            has its own base URL, and the client reports with POST /case/NAME/accepted or /rejected.

            Control-C (SIGINT) and SIGTERM end the test early: the results of the finished cases are written, and the \
            others count as skipped.

            Exit status: 0 if no case failed. 1 if a case failed. 1 without a result on standard output if the test could \
            not be done: a file cannot be used, the server cannot be reached, or it rejects even the first valid call. 64 \
            for wrong usage. 130 after SIGINT and 143 after SIGTERM, whatever the results.
            """
    )

    @Option(help: ArgumentHelp("The API's base URL, such as http://127.0.0.1:8080/open-api.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("The credentials file.", valueName: "file"), completion: .file())
    var credentials: String?

    @Option(
        help: ArgumentHelp("The credentials file of another caller, for the cases about its key.", valueName: "file"),
        completion: .file()
    )
    var otherCredentials: String?

    @Option(help: ArgumentHelp("The base URL of field-level calls, if it differs.", valueName: "url"))
    var fieldURL: String?

    @Option(help: ArgumentHelp("What the server does not support: field.", valueName: "part"))
    var skip: [SkippedPart] = []

    @Option(help: ArgumentHelp("Trusted certificates for TLS in PEM, besides the system's.", valueName: "file"))
    var ca: String?

    @Option(help: ArgumentHelp("The seconds for each call, or for each run of the COMMAND.", valueName: "seconds"))
    var timeout = 10.0

    @Option(help: ArgumentHelp("Run this case and those that it requires; can be repeated.", valueName: "name"))
    var only: [String] = []

    @Flag(help: "List the cases and what each requires, and send nothing. With --only, list those cases.")
    var list = false

    @Flag(help: "Write the results as JSON.")
    var json = false

    @Option(help: ArgumentHelp("Also write the results as JUnit XML.", valueName: "file"), completion: .file())
    var junit: String?

    @Flag(help: "Test a client: listen on 127.0.0.1.")
    var listen = false

    @Option(help: ArgumentHelp("With --listen, the port; a free one if omitted.", valueName: "port"))
    var port: UInt16 = 0

    @Option(
        help: ArgumentHelp(
            "With --listen, the file that the client's new credentials are written to (mode 0600).",
            valueName: "file"
        ),
        completion: .file()
    )
    var credentialsOut: String?

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp("With --listen, the client to run for each case.", valueName: "command")
    )
    var command: [String] = []

    /// A part of the protocol that a server need not support.
    enum SkippedPart: String, ExpressibleByArgument, CaseIterable {
        case field
    }

    func validate() throws {
        guard timeout > 0, timeout <= 600 else { throw ValidationError("--timeout must be more than 0, at most 600") }
        guard !list || junit == nil else {
            throw ValidationError("--list contradicts --junit, because a list has no results; leave out one of them")
        }
        if listen { return try validateListening() }
        guard command.isEmpty, credentialsOut == nil, port == 0 else {
            throw ValidationError("--port, --credentials-out and a command after -- are for --listen")
        }
        try CaseSelection.ofServers.check(only)
        try checkFieldLevel()
        if list { return }
        guard url != nil else { throw ValidationError("--url is missing: the base URL of the server to test") }
        guard credentials != nil else { throw ValidationError("--credentials is missing: the credentials file") }
    }

    private func checkFieldLevel() throws {
        guard skip.contains(.field) else { return }
        if fieldURL != nil {
            throw ValidationError("--field-url contradicts --skip field; leave out one of them")
        }
        let skipped = ConformanceCase.all.first { only.contains($0.name) && $0.needs.contains(.fieldLevel) }
        if let skipped {
            throw ValidationError(
                "--only \(skipped.name) contradicts --skip field, because the case is about the field level; leave out one of "
                    + "them"
            )
        }
    }

    private func validateListening() throws {
        let given: [(isGiven: Bool, option: String)] = [
            (url != nil, "--url"), (credentials != nil, "--credentials"), (fieldURL != nil, "--field-url"),
            (otherCredentials != nil, "--other-credentials"), (!skip.isEmpty, "--skip"), (ca != nil, "--ca"),
        ]
        if let wrong = given.first(where: \.isGiven) {
            throw ValidationError("\(wrong.option) contradicts --listen, which makes its own keys and tests no server")
        }
        try CaseSelection.ofClients.check(only)
    }

    func run() async throws {
        if list { return try listen ? writeClientList() : writeList() }
        let report = try await listen ? testClient() : testServer()
        if let junit {
            let xml = JUnitReport(report: report, name: "kmsandbox conform").xml
            try writeFile(Array(xml.utf8).span, path: junit, mode: 0o644, replaces: true)
        }
        let output = try json ? Streams.json(report) : Array(report.table(showsColor: Terminal.showsColor).utf8)
        // Standard output stops at a signal, and the results are written after it.
        let target = Descriptor(number: STDOUT_FILENO, name: Descriptor.standardOutput.name, heedsStop: false)
        try Streams.write(output.span, to: target)
        if let number = Interruption.signalNumber, !report.unfinished.isEmpty {
            let count = "\(report.unfinished.count) of \(report.cases.count) cases"
            Messages.error("stopped by \(Interruption.signalName); \(count) did not finish and count as skipped")
            throw ExitCode(128 + number)
        }
        if report.failed > 0 { throw ExitCode(1) }
    }

    private func testServer() async throws -> ConformanceReport {
        let base = try BaseURL.argument(url ?? "", "--url")
        let session = try Session(
            CredentialsFile(contentsOfFile: credentials ?? ""),
            .init(
                messageURL: base,
                fieldURL: try fieldURL.map { try BaseURL.argument($0, "--field-url") } ?? base,
                trustedCertificates: ca,
                timeout: .seconds(timeout),
                otherCaller: try otherCredentials.map { try CredentialsFile(contentsOfFile: $0) }
            )
        )
        let run = ConformanceRun(session: session, hasFieldLevel: !skip.contains(.field), only: only)
        let report = try await Interruption.cancelling {
            defer { Terminal.progress(nil) }
            return try await run.results { number, count, name in
                Terminal.progress("\(number) of \(count)  \(name)")
            }
        }
        try await session.transport.shutdown()
        return report
    }

    private func testClient() async throws -> ConformanceReport {
        let test = ClientTest(
            port: Int(port),
            credentialsOut: credentialsOut,
            command: command,
            cases: ClientCase.selected(only),
            timeout: .seconds(timeout),
            isQuiet: json
        )
        return try await Interruption.cancelling { try await test.report() }
    }

    private func writeList() throws {
        try writeList(ConformanceCase.selected(only).map { ListedCase($0.name, $0.group.rawValue, $0.expected) })
    }

    private func writeClientList() throws {
        try writeList(ClientCase.selected(only).map { ListedCase($0.name, $0.group, $0.expected) })
    }

    private func writeList(_ cases: [ListedCase]) throws {
        if json { return try Streams.writeJSON(cases) }
        let width = (cases.map(\.name.count).max() ?? 0) + 2
        for test in cases { try Streams.writeLine(Terminal.padded(test.name, to: width) + test.expected) }
    }
}

/// A case without a result, for `--list`.
private struct ListedCase: Encodable {
    let name: String
    let group: String
    let expected: String

    init(_ name: String, _ group: String, _ expected: String) {
        (self.name, self.group, self.expected) = (name, group, expected)
    }
}

extension BaseURL {
    /// Creates a base URL from an option.
    ///
    /// - Throws: `ValidationError`, which names the option.
    static func argument(_ text: String, _ option: String) throws -> BaseURL {
        do {
            return try BaseURL(insecure: text)
        } catch let error as KMError {
            throw ValidationError("\(option): \(error.detail)")
        }
    }
}
#endif
