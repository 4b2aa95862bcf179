#if Sandbox
import Foundation
import Testing

/// The built tool, run as a process.
struct SandboxTool {
    /// How a process ended and what it wrote.
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Why tests that run the tool are skipped.
    static let absence = "kmsandbox is not built beside the tests"
    /// The executable beside the test bundle.
    static let path = CommandLine.arguments.compactMap { argument in
        argument.range(of: ".xctest").map { URL(filePath: String(argument[..<$0.upperBound])) }
    }.map { $0.deletingLastPathComponent().appending(path: "kmsandbox").path(percentEncoded: false) }.first

    /// The package's root.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized

    /// Runs the tool, or another program, and waits for its end.
    static func run(_ arguments: [String], program: String? = nil, input: String = "") async throws -> Outcome {
        let folder = try TestFolder()
        let process = Process()
        process.executableURL = URL(filePath: try #require(program ?? path))
        process.arguments = arguments
        // Files instead of pipes, because a full pipe would block the process.
        try folder.write("", to: "output")
        try folder.write("", to: "errors")
        try folder.write(input, to: "input")
        let streams = (
            input: try FileHandle(forReadingFrom: folder.url("input")),
            output: try FileHandle(forWritingTo: folder.url("output")),
            errors: try FileHandle(forWritingTo: folder.url("errors"))
        )
        defer { for stream in [streams.input, streams.output, streams.errors] { try? stream.close() } }
        process.standardInput = streams.input
        process.standardOutput = streams.output
        process.standardError = streams.errors
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                ended.resume(throwing: error)
            }
        }
        return Outcome(
            status: process.terminationStatus,
            output: try folder.read("output"),
            errors: try folder.read("errors")
        )
    }

    /// Returns a program of the search path.
    static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// A new folder, which is removed when the last reference to it is released.
final class TestFolder: Sendable {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "kmsandbox-tests-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func url(_ name: String) -> URL { folder.appending(path: name) }

    func path(_ name: String) -> String { url(name).path(percentEncoded: false) }

    func write(_ text: String, to name: String) throws { try Data(text.utf8).write(to: url(name)) }

    func read(_ name: String) throws -> String { try String(contentsOf: url(name), encoding: .utf8) }
}
#endif
