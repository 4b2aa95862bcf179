#if Sandbox
import Foundation
import KMCommandLine
import Testing

@testable import kmsandbox

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite("Conformance reports") struct ReportTests {
    private let report = ConformanceReport([
        CaseResult(
            name: "one",
            group: "A & B",
            result: .passed,
            expected: "It works.",
            observed: "HTTP 200",
            fault: nil,
            seconds: 0.25
        ),
        CaseResult(
            name: "two",
            group: "A & B",
            result: .failed,
            expected: "It <rejects>.",
            observed: "\u{1B}[31m \"x\" \u{0}",
            fault: "it does not",
            seconds: 1
        ),
        CaseResult(
            name: "three",
            group: "C",
            result: .skipped,
            expected: "It waits.",
            observed: "not run",
            fault: nil,
            seconds: 0
        ),
    ])

    @Test("JSON has the counts and the cases") func json() throws {
        let object = try JSONSerialization.jsonObject(with: Data(Streams.json(report))) as? [String: Any]
        let root = try #require(object)
        #expect(Set(root.keys) == ["passed", "failed", "skipped", "cases"])
        #expect(root["passed"] as? Int == 1 && root["failed"] as? Int == 1 && root["skipped"] as? Int == 1)
        let cases = try #require(root["cases"] as? [[String: Any]])
        #expect(cases.map { $0["result"] as? String } == ["passed", "failed", "skipped"])
        #expect(cases.allSatisfy { Set($0.keys).isSuperset(of: ["name", "result", "expected", "observed"]) })
        #expect(cases[1]["fault"] as? String == "it does not")
    }

    @Test("JUnit XML is well-formed and has a suite for each section") func junit() throws {
        let text = JUnitReport(report: report, name: "kmsandbox conform").xml
        let root = try #require(try XMLDocument(xmlString: text).rootElement())
        func attributes(_ element: XMLElement) -> [String: String] {
            Dictionary(uniqueKeysWithValues: (element.attributes ?? []).map { ($0.name ?? "", $0.stringValue ?? "") })
        }
        #expect(root.name == "testsuites")
        #expect(attributes(root)["tests"] == "3" && attributes(root)["failures"] == "1")
        #expect(attributes(root)["skipped"] == "1" && attributes(root)["time"] == "1.250")
        let suites = root.elements(forName: "testsuite")
        #expect(suites.map { attributes($0)["name"] } == ["A & B", "C"])
        let cases = suites.flatMap { $0.elements(forName: "testcase") }
        #expect(cases.map { attributes($0)["name"] } == ["one", "two", "three"])
        let failure = try #require(cases[1].elements(forName: "failure").first)
        #expect(attributes(failure)["message"] == "it does not")
        #expect(failure.stringValue?.contains("expected: It <rejects>.") == true)
        #expect(cases[2].elements(forName: "skipped").count == 1)
    }

    @Test("The table says what was expected and observed, and hides control characters") func table() {
        let table = report.table(showsColor: false)
        #expect(table.contains("  pass  one    HTTP 200\n"))
        #expect(table.contains("expected: It <rejects>.\n") && table.contains("likely:   it does not\n"))
        #expect(table.hasSuffix("\n1 passed, 1 failed, 1 skipped\n"))
        #expect(!table.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\u{1B}" })
    }
}
#endif
