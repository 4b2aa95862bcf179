#if Sandbox
import Foundation
import KMCommandLine
import KMPrimitives
import KMSecurity

/// Tests a client: serves the cases, and runs its command or waits for its reports.
struct ClientTest: Sendable {
    let port: Int
    /// The file for the client's credentials; nil for a temporary one.
    let credentialsOut: String?
    /// The client and its arguments; empty for a client that runs by itself.
    let command: [String]
    /// The cases in their order.
    let cases: [ClientCase]
    /// The time for each run of the command.
    let timeout: Duration
    /// Whether the URLs of the cases are not written to standard output, which is for the results.
    let isQuiet: Bool

    /// Runs the cases, until all are done or the task is cancelled.
    ///
    /// - Returns: The results of all cases; those that did not finish are skipped.
    /// - Throws: ``KMError`` `fileUnwritable`, and `configurationInvalid` if the command cannot be started; the error of a
    ///   port that is in use.
    func report() async throws -> ConformanceReport {
        let keys = try ListenKeys()
        let temporary = FileManager.default.temporaryDirectory.appendingPathComponent("kmsandbox-\(UUID().uuidString)")
        let path = credentialsOut ?? temporary.path
        try Self.write(keys.file, path, replaces: credentialsOut != nil)
        defer { if credentialsOut == nil { try? FileManager.default.removeItem(at: temporary) } }
        let run = try ClientRun(keys, cases)
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let port = port
        let server = Task {
            defer { continuation.finish() }
            try await ListenServer(run: run).serve(port: port) { continuation.yield($0) }
        }
        var iterator = ports.makeAsyncIterator()
        guard let actualPort = await iterator.next() else {
            try await server.value
            throw KMError(.configurationInvalid, "the port \(port) cannot be used; choose another with --port")
        }
        defer { server.cancel() }
        try await test(run, "127.0.0.1:\(actualPort)", credentials: path)
        return await run.report
    }

    private static func write(_ file: CredentialsFile, _ path: String, replaces: Bool) throws {
        let json = try file.json()
        try writeFile(json.span, path: path, mode: 0o600, replaces: replaces)
    }

    private func test(_ run: ClientRun, _ host: String, credentials: String) async throws {
        if !command.isEmpty {
            try await runCommand(run, host, credentials)
        } else {
            try await awaitReports(run, host, credentials)
        }
    }

    private func runCommand(_ run: ClientRun, _ host: String, _ credentials: String) async throws {
        let runner = ClientCommandRunner(command: command, credentials: credentials, timeout: timeout)
        for (number, test) in cases.enumerated() where !Task.isCancelled {
            Terminal.progress("\(number + 1) of \(cases.count)  \(test.name)")
            await run.begin(test.name)
            guard let hasAccepted = try await runner.run(baseURL: ListenServer.baseURL(test.name, host: host)) else {
                break
            }
            await run.report(test.name, hasAccepted: hasAccepted)
        }
        Terminal.progress(nil)
    }

    private func awaitReports(_ run: ClientRun, _ host: String, _ credentials: String) async throws {
        Messages.note("the client's credentials are in \(credentials); its cases are at http://\(host)/cases")
        if !isQuiet {
            for test in cases {
                try Streams.writeLine(
                    "\(test.accepts ? "accept" : "reject")  \(ListenServer.baseURL(test.name, host: host))"
                )
            }
        }
        Messages.note("waiting for POST /case/NAME/accepted or /rejected; Control-C ends the test early")
        while !Task.isCancelled {
            if await run.isComplete { return }
            // The sleep ends early if the task is cancelled.
            try? await Task.sleep(for: .milliseconds(50))
        }
    }
}
#endif
