import Foundation
import KMTestSupport

/// Runs the scripts of Tests/Interop, if their interpreters are installed.
enum FieldInterop {
    struct Failed: Error {
        let script: String
        let status: Int32
    }

    private static let environment = ProcessInfo.processInfo.environment
    private static let namedPython = environment["KMSEC_INTEROP_PYTHON"]

    static let python = first([namedPython ?? path(".build/interop/bin/python3")])
    static let node = first((environment["PATH"] ?? "").split(separator: ":").map { "\($0)/node" })

    /// Whether to run the Python tests.
    ///
    /// Where the interpreter is required, as in CI, its absence is a failure and not a reason to skip.
    static let asksPython = python != nil || namedPython != nil || environment["CI"] == "true"
    static let asksNode = node != nil || environment["CI"] == "true"

    private static func path(_ name: String) -> String {
        Document.root.appending(path: name).path(percentEncoded: false)
    }

    private static func first(_ candidates: [String]) -> String? {
        candidates.first(where: FileManager.default.isExecutableFile)
    }

    /// Runs a script with one line of JSON as its input, and returns its decoded answer.
    static func run<Answer: Decodable>(
        _ interpreter: String?,
        _ script: String,
        _ job: some Encodable,
        _ type: Answer.Type = Answer.self
    ) throws -> Answer {
        guard let interpreter else { throw Failed(script: script, status: -1) }
        let process = Process()
        process.executableURL = URL(filePath: interpreter)
        process.arguments = [path("Tests/Interop/\(script)")]
        // Input comes from a file, since writing to a script that has failed would end this process too.
        let input = FileManager.default.temporaryDirectory.appending(path: "kmsec-fields-\(UUID().uuidString)")
        try (JSONEncoder().encode(job) + [UInt8(ascii: "\n")]).write(to: input)
        defer { try? FileManager.default.removeItem(at: input) }
        let output = Pipe()
        process.standardInput = try FileHandle(forReadingFrom: input)
        process.standardOutput = output
        try process.run()
        let answer = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed(script: script, status: process.terminationStatus) }
        return try JSONDecoder().decode(type, from: answer)
    }
}
