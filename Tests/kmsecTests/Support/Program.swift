import Foundation

/// Another program, run as a process of its own.
struct Program: Sendable {
    /// How a process ended and what it wrote.
    struct Outcome {
        /// The exit status; 128 and the signal's number for one that a signal ended, as shells tell it.
        let status: Int32
        let output: [UInt8]
        let errors: [UInt8]

        var outputText: String { String(decoding: output, as: UTF8.self) }
        var errorText: String { String(decoding: errors, as: UTF8.self) }
    }

    /// A process did not end with status 0.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let path: String

    /// Runs it and waits for its end; `environment` is all that it gets, `folder` a new one unless given.
    func run(
        _ arguments: [String],
        input: [UInt8] = [],
        environment: [String: String] = Programs.cleanEnvironment,
        folder: TemporaryFolder? = nil
    ) async throws -> Outcome {
        let scratch = try TemporaryFolder()
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = (folder ?? scratch).url
        // Files, since a pipe that nobody empties would stop the process.
        for name in ["output", "errors"] { try scratch.write([], to: name) }
        try scratch.write(input, to: "input")
        let streams = (
            input: try FileHandle(forReadingFrom: scratch.url.appending(path: "input")),
            output: try FileHandle(forWritingTo: scratch.url.appending(path: "output")),
            errors: try FileHandle(forWritingTo: scratch.url.appending(path: "errors"))
        )
        process.standardInput = streams.input
        process.standardOutput = streams.output
        process.standardError = streams.errors
        // Process never closes them, and with some 1300 open, Foundation on Linux crashes when it starts another process:
        // it reads past the end of the list of them (swift-corelibs-foundation, pull request 5472).
        defer { for stream in [streams.input, streams.output, streams.errors] { try? stream.close() } }
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                ended.resume(throwing: error)
            }
        }
        let wasSignalled = process.terminationReason == .uncaughtSignal
        return Outcome(
            status: wasSignalled ? 128 + process.terminationStatus : process.terminationStatus,
            output: try scratch.read("output"),
            errors: try scratch.read("errors")
        )
    }

    /// What it writes to standard output.
    ///
    /// - Throws: ``Failure`` when it does not end with status 0.
    @discardableResult
    func output(of arguments: [String], input: [UInt8] = [], folder: TemporaryFolder? = nil) async throws -> [UInt8] {
        let outcome = try await run(arguments, input: input, folder: folder)
        guard outcome.status == 0 else {
            let name = URL(filePath: path).lastPathComponent
            throw Failure(
                description: "\(name) \(arguments.joined(separator: " ")): \(outcome.status): \(outcome.errorText)"
            )
        }
        return outcome.output
    }
}
