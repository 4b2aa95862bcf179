import Foundation
import KMCards
import KMPrimitives
import KMTestSupport
import Testing

/// That PARs of card numbers in a row are spread evenly and are all different.
///
/// 100,000 of them, or `KMSEC_DISTRIBUTION` of them, for which a release build is wanted; it prints the figures then.
@Suite struct PARDistributionTests {
    @Test func isUniform() throws {
        let asked = ProcessInfo.processInfo.environment["KMSEC_DISTRIBUTION"].flatMap { Int($0) }
        let count = asked ?? 100_000
        // A key that stands for itself: the outcome is the same in every run.
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
        // 12 characters are 62 bits: of ten million no two share them but once in 90,000 keys.
        heads.sort()
        #expect(zip(heads, heads.dropFirst()).allSatisfy { $0 != $1 })
        let due = Double(count) / 36
        let statistics = counts.map { $0.reduce(0) { $0 + (Double($1) - due) * (Double($1) - due) / due } }
        if asked != nil { print(count, "PARs; chi-square by place:", statistics.map { ($0 * 10).rounded() / 10 }) }
        // 35 degrees of freedom: 70.0 is passed once in 2,400 times, by one of 25 places once in 100.
        for statistic in statistics { #expect(statistic < 70) }
    }
}
