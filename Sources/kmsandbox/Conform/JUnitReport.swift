#if Sandbox
import Foundation

/// The results of a run as JUnit XML, the form that CI systems read.
struct JUnitReport {
    let report: ConformanceReport
    /// The name of the test suites' collection, such as `kmsandbox conform`.
    let name: String

    /// The XML text, with one test suite a section.
    var xml: String {
        let totals = Self.counts(report.cases)
        var lines = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#,
            "<testsuites name=\"\(Self.escaped(name))\" \(totals)>",
        ]
        var groups: [String] = []
        for test in report.cases where !groups.contains(test.group) { groups.append(test.group) }
        for group in groups {
            let cases = report.cases.filter { $0.group == group }
            lines.append("  <testsuite name=\"\(Self.escaped(group))\" \(Self.counts(cases))>")
            lines += cases.flatMap { Self.lines($0, classname: name) }
            lines.append("  </testsuite>")
        }
        lines.append("</testsuites>")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func counts(_ cases: [CaseResult]) -> String {
        let failed = cases.count { $0.result == .failed }
        let skipped = cases.count { $0.result == .skipped }
        let seconds = seconds(cases.reduce(0) { $0 + $1.seconds })
        return "tests=\"\(cases.count)\" failures=\"\(failed)\" errors=\"0\" skipped=\"\(skipped)\" time=\"\(seconds)\""
    }

    private static func lines(_ test: CaseResult, classname: String) -> [String] {
        let head =
            "    <testcase name=\"\(escaped(test.name))\" classname=\"\(escaped(classname))\" "
            + "time=\"\(seconds(test.seconds))\""
        switch test.result {
        case .passed: return ["\(head)/>"]
        case .skipped:
            return ["\(head)>", "      <skipped message=\"\(escaped(test.observed))\"/>", "    </testcase>"]
        case .failed:
            let text = ["expected: \(test.expected)", "observed: \(test.observed)", "likely: \(test.fault ?? "")"]
            return [
                "\(head)>",
                "      <failure message=\"\(escaped(test.fault ?? test.observed))\">"
                    + "\(escaped(text.joined(separator: "\n")))</failure>",
                "    </testcase>",
            ]
        }
    }

    private static func seconds(_ value: Double) -> String { String(format: "%.3f", value) }

    /// Escapes text for XML 1.0, which cannot express most control characters.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
#endif
