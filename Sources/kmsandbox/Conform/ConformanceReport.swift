#if Sandbox
import Foundation
import KMCommandLine
import KMPrimitives

/// The results of a run, for `--json`.
struct ConformanceReport: Sendable, Encodable {
    /// The number of cases that passed.
    let passed: Int
    /// The number of cases that failed.
    let failed: Int
    /// The number of cases that were skipped or not run.
    let skipped: Int
    /// The results in the order of the cases.
    let cases: [CaseResult]
    /// The names of the cases that did not finish, because the test was stopped; they are among the skipped ones.
    let unfinished: Set<String>

    private enum CodingKeys: CodingKey {
        case passed, failed, skipped, cases
    }

    init(_ cases: [CaseResult], unfinished: Set<String> = []) {
        self.unfinished = unfinished
        passed = cases.count { $0.result == .passed }
        failed = cases.count { $0.result == .failed }
        skipped = cases.count { $0.result == .skipped }
        self.cases = cases
    }

    /// Returns the table for people, without the cases that did not finish.
    ///
    /// - Parameter showsColor: Whether the terminal shows colour.
    /// - Returns: The lines, each with a line feed at its end.
    func table(showsColor: Bool) -> String {
        var lines: [String] = []
        let width = (cases.map(\.name.count).max() ?? 0) + 2
        var group = ""
        for test in cases where !unfinished.contains(test.name) {
            if test.group != group {
                group = test.group
                lines += lines.isEmpty ? [group] : ["", group]
            }
            let mark = Self.mark(test.result, showsColor)
            switch test.result {
            case .passed: lines.append("  \(mark)  \(Terminal.padded(test.name, to: width))\(test.observed)")
            case .skipped: lines.append("  \(mark)  \(Terminal.padded(test.name, to: width))\(test.observed)")
            case .failed:
                lines.append("  \(mark)  \(test.name)")
                lines.append("          expected: \(test.expected)")
                lines.append("          observed: \(test.observed)")
                if let fault = test.fault { lines.append("          likely:   \(fault)") }
            }
        }
        if !lines.isEmpty { lines.append("") }
        lines += ["\(passed) passed, \(failed) failed, \(skipped) skipped"]
        return lines.map { "\(Self.clean($0))\n" }.joined()
    }

    /// Removes control characters except the colours that the table itself has.
    private static func clean(_ line: String) -> String {
        line.split(separator: "\u{1B}", omittingEmptySubsequences: false).map { Terminal.printable(String($0)) }
            .joined(separator: "\u{1B}")
    }

    private static func mark(_ result: CaseResult.Result, _ showsColor: Bool) -> String {
        let (text, color) =
            switch result {
            case .passed: ("pass", 32)
            case .failed: ("FAIL", 31)
            case .skipped: ("skip", 33)
            }
        return showsColor ? "\u{1B}[\(color)m\(text)\u{1B}[0m" : text
    }
}
#endif
