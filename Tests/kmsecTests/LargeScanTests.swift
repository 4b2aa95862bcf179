import Foundation
import KMTestSupport
import Testing

extension ToolTests {
    /// Several threads scan a large file as one thread scans the same text in small files.
    @Suite struct LargeScanTests {
        @Test func findingsInALargeFileAreInOrder() async throws {
            let kmsec = try #require(Programs.kmsec)
            let folder = try TemporaryFolder()
            let filler = "2026-01-02T03:04:05.678901Z ref=1234567890123456 seq=20260102030405678\n"
            let lines = repeatElement(filler, count: 211).joined() + "card \(testCardNumber)\n"
            try folder.write(repeatElement(lines, count: 200).joined().bytes, to: "large")
            let outcome = try await kmsec.run(["pan", "scan", "large"], folder: folder)
            #expect(outcome.status == 1)
            let expected = (1...200).map { "large:\($0 * 212):6: 949133******0765\n" }.joined()
            #expect(outcome.outputText == expected)
        }

        @Test func aReaderThatLeavesEndsTheScan() async throws {
            let kmsec = try #require(Programs.kmsec)
            let folder = try TemporaryFolder()
            try folder.write(repeatElement("\(testCardNumber)\n", count: 200_000).joined().bytes, to: "large")
            let outcome = try await Programs.shell.run(
                ["-c", "'\(kmsec.path)' pan scan large | head -n 1"],
                folder: folder
            )
            #expect(outcome.outputText == "large:1:1: 949133******0765\n")
        }
    }
}
