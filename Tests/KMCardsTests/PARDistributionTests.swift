import Foundation
import KMCards
import KMPrimitives
import KMTestSupport
import Testing

/// PARs of consecutive card numbers are distributed evenly and are all different.
///
/// The test derives 100,000 PARs, or as many as `KMSEC_DISTRIBUTION` says. If that is set, the test also prints its
/// figures; use a release build for large numbers.
@Suite struct PARDistributionTests {
    @Test func parsAreUniformAndUnique() throws {
        let asked = ProcessInfo.processInfo.environment["KMSEC_DISTRIBUTION"].flatMap { Int($0) }
        let count = asked ?? 100_000
        // A fixed key gives the same result in every run.
        let tokenizer = try PARTokenizer(TokenizationKey(SecretBytes(copying: Array(0..<32))))
        var counts = [[Int]](repeating: [Int](repeating: 0, count: 36), count: PAR.referenceCharacterCount)
        var heads: [UInt64] = []
        heads.reserveCapacity(count)
        for account in 0..<count {
            let digits = Array(CardNumbers.make(account).utf8)
            let par = try tokenizer.par(forDigits: digits.span)
            var head: UInt64 = 0
            par.withCharacters { characters in
                for place in 0..<PAR.referenceCharacterCount {
                    let character = characters[place + 2]
                    let value = Int(character) - (character <= UInt8(ascii: "9") ? 48 : 55)
                    counts[place][value] += 1
                    if place < 12 { head = head * 36 + UInt64(value) }
                }
            }
            heads.append(head)
        }
        // 12 characters are 62 bits: for ten million PARs, one key in 90,000 makes two PARs share them.
        heads.sort()
        #expect(zip(heads, heads.dropFirst()).allSatisfy { $0 != $1 })
        let mean = Double(count) / 36
        let statistics = counts.map { $0.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) / mean } }
        if asked != nil { print(count, "PARs; chi-square by place:", statistics.map { ($0 * 10).rounded() / 10 }) }
        // With 35 degrees of freedom, one statistic in 2,400 is above 70.0, and so is one of the 25 in one run of 100.
        for statistic in statistics { #expect(statistic < 70) }
    }
}
