import Foundation
import KMDiagnosis
import KMPrimitives
import KMTestSupport
import Testing

@Suite struct PARAuditTests {
    /// Every planted leak is the first finding of ten pairs, under its right name.
    @Test(arguments: PlantedLeak.all) func tenPairsShowTheLeak(_ leak: PlantedLeak) throws {
        for seed in 0..<UInt64(Effort.rounds(64)) {
            var generator = SeededGenerator(seed: seed)
            let report = try AuditCase.report(leak.pairs(&generator))
            let found = report.findings.first
            #expect(found.map { leak.relations.contains($0.relation) } == true, "seed \(seed): \(report.findings)")
            #expect(report.findings.count == 1, "seed \(seed): \(report.findings.map(\.sentence))")
        }
    }
}
