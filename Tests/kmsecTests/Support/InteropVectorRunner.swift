import Foundation
import Testing

/// A runner of vector files in another language, which shares no code with this package.
struct InteropVectorRunner: Sendable, CustomTestStringConvertible {
    /// The content of a runner's output.
    struct Report {
        /// The counts of each file, and the ids of the tests that disagree.
        var files: [String: (agreed: Int, disagreed: Int, ids: [Int])] = [:]
        /// The counts of all files; nil if the run stopped before the end.
        var total: (agreed: Int, disagreed: Int)?
        let status: Int32
    }

    static let all = [
        InteropVectorRunner(program: Programs.python, script: "vectors.py", name: "Python"),
        InteropVectorRunner(program: Programs.node, script: "vectors.mjs", name: "Node"),
    ]

    let program: Program?
    let script: String
    let name: String

    var testDescription: String { name }
    /// Whether to run it: if all programs are required, a missing one is a failure.
    var isRequired: Bool { program != nil || Programs.areAllRequired }

    func run(_ paths: String...) async throws -> Report {
        let program = try #require(program, "\(name) is not here: see .ci/interop-environment")
        let outcome = try await program.run([Programs.script(script)] + paths)
        var report = Report(status: outcome.status)
        for line in outcome.outputText.split(separator: "\n") {
            let parts = line.components(separatedBy: ": ")
            let words = (parts.last ?? "").components(separatedBy: " ")
            guard words.count >= 4, words[1] == "agreed,", words[3] == "disagreed", let agreed = Int(words[0]),
                let disagreed = Int(words[2])
            else { continue }
            if parts.count == 1 {
                report.total = (agreed, disagreed)
            } else {
                let ids = words.dropFirst(4).compactMap { Int($0) }
                report.files[URL(filePath: parts[0]).lastPathComponent] = (agreed, disagreed, ids)
            }
        }
        return report
    }
}
