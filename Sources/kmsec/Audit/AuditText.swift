import Foundation
internal import KMDiagnosis
import KMSecurity

/// The report of an audit, as text for people.
struct AuditText {
    private let report: PARAuditReport

    init(_ report: PARAuditReport) { self.report = report }

    /// The lines, without their line ends.
    var lines: [String] {
        [heading] + report.findings.flatMap(finding) + report.notes.map { "note: \($0)" } + power
    }

    private var heading: String {
        let pairs =
            "\(counted(report.comparedCount, "pair")): PANs of \(report.panDigitCount) digits, PARs of "
            + counted(report.parCharacterCount, "character")
        return report.isLeaking
            ? "\(counted(report.findings.count, "leak")) in \(pairs)"
            : "no leak found: \(report.relationCount.formatted()) relations tried on \(pairs)"
    }

    private func finding(_ finding: PARFinding) -> [String] {
        var lines = ["leak: \(finding.relation): \(finding.sentence)"]
        if let probability = finding.log10Probability {
            let chance = "chance with unrelated PARs: \(Self.probability(probability))"
            lines.append(finding.predictedCount == 0 ? "  \(chance)" : "  \(rate(finding)); \(chance)")
        }
        lines += finding.predictions.map { prediction in
            "  pair \(prediction.pair): predicted \(prediction.predicted), found \(prediction.found), "
                + (prediction.isRight ? "right" : "wrong")
        }
        return lines
    }

    private func rate(_ finding: PARFinding) -> String {
        let (right, all) = (finding.rightCount.formatted(), finding.predictedCount.formatted())
        return switch finding.unit {
        case "order of two pairs": "\(right) of \(all) orders of two pairs are as predicted"
        case "character": "\(right) of \(all) held-back characters predicted"
        default: "\(right) of \(all) held-back pairs predicted"
        }
    }

    /// Returns a probability such as `1 in 10^65`.
    private static func probability(_ log: Double) -> String {
        let power = Int((-log).rounded(.down))
        return power < 1 ? "more than 1 in 10" : power < 4 ? "1 in \(Int(pow(10, Double(power))))" : "1 in 10^\(power)"
    }

    private var power: [String] {
        let found = report.detectable.filter { $0.characterCount != nil }.map { "  \($0.sentence)" }
        let missing = report.detectable.filter { $0.characterCount == nil }.map { "  \($0.sentence)" }
        guard !report.isLeaking else { return [] }
        return (found.isEmpty ? [] : ["With these pairs, the audit would have found:"] + found)
            + (missing.isEmpty ? [] : ["It would not have found:"] + missing)
    }
}
