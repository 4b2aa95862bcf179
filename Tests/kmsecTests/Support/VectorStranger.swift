import Foundation
import Testing

/// A runner of vector files that shares no code with ours.
struct VectorStranger: Sendable, CustomTestStringConvertible {
    /// What a runner's last line and the lines of its files say.
    struct Report {
        /// A line for each file: the counts, and the ids that disagree.
        var files: [String: (agreed: Int, disagreed: Int, ids: [Int])] = [:]
        /// The counts of all files; nil where the run stopped before.
        var total: (agreed: Int, disagreed: Int)?
        let status: Int32
    }

    static let all = [
        VectorStranger(program: Programs.python, script: "vectors.py", name: "Python"),
        VectorStranger(program: Programs.node, script: "vectors.mjs", name: "Node"),
    ]

    let program: Program?
    let script: String
    let name: String

    var testDescription: String { name }
    /// Whether to run: where all programs are due, an absent one is a failure.
    var isDue: Bool { program != nil || Programs.areAllDue }

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
