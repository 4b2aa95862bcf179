import Foundation

/// A program that a test runs as a separate process.
struct Program: Sendable {
    /// How a process ended and what it wrote.
    struct Outcome {
        /// The exit status, or, as in shells, 128 plus the number of the signal that ended the process.
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

    /// Runs the program, and waits for its end.
    ///
    /// `environment` is the complete environment. Without `folder`, the program runs in a new folder.
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
        // Files instead of pipes, because a full pipe would block the process.
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
        // Process never closes these files. With about 1300 open files, Foundation on Linux crashes when it starts
        // another process, since it reads past the end of its file list (swift-corelibs-foundation, pull request 5472).
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

    /// Runs the program, and returns its standard output.
    ///
    /// - Throws: ``Failure`` if the exit status is not 0.
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
