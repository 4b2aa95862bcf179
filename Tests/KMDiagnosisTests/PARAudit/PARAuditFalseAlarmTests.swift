import Foundation
import KMDiagnosis
import KMSecurity
import KMTestSupport
import Testing

/// Audits of PARs that are unrelated to their PANs.
///
/// At most one in 100 may report anything.
@Suite struct PARAuditFalseAlarmTests {
    /// How PANs are chosen.
    enum PANs: String, CaseIterable, CustomTestStringConvertible {
        case random, sequential, sharedBIN

        var testDescription: String { rawValue }

        func numbers(_ count: Int, _ generator: inout SeededGenerator) -> [String] {
            let first = generator.below(90_000_000)
            return (0..<count).map { index in
                let bin =
                    switch self {
                    case .random: "\(2 + generator.below(8))"
                    case .sharedBIN: "949133"
                    case .sequential: "9491339" + AuditCase.text(first + index, base: 10, width: 8)
                    }
                return TestNumbers.number(bin, count: 16, using: &generator)
            }
        }
    }

    /// Returns the number of keys under which an audit of derived PARs reports anything.
    private func alarmCount(keys: Int, pairs: Int, prefix: PAR.Prefix, _ pans: PANs, seed: UInt64) throws -> Int {
        var (generator, alarms) = (SeededGenerator(seed: seed), 0)
        for _ in 0..<keys {
            let tokenizer = try PARTokenizer(
                TokenizationKey(SecretBytes(copying: generator.bytes(32)), version: 1),
                prefix: prefix
            )
            let pairs = try pans.numbers(pairs, &generator).map { ($0, try tokenizer.par(for: PAN($0)).text) }
            if try AuditCase.report(pairs).isLeaking { alarms += 1 }
        }
        return alarms
    }

    @Test(arguments: PAR.Format.allCases, PANs.allCases)
    func tenPairsUnderFreshKeys(_ format: PAR.Format, _ pans: PANs) throws {
        let keys = Effort.isThorough ? 1000 : 10
        let prefix = format == .platform ? PAR.Prefix.platform : try PAR.Prefix("KM01")
        let alarms = try alarmCount(keys: keys, pairs: 10, prefix: prefix, pans, seed: 11 + UInt64(format.rawValue))
        #expect(alarms * 100 <= max(keys, 100), "\(alarms) of \(keys)")
    }

    @Test(arguments: PAR.Format.allCases, PANs.allCases)
    func thousandPairsUnderFreshKeys(_ format: PAR.Format, _ pans: PANs) throws {
        let keys = Effort.isThorough ? 100 : 1
        let prefix = format == .platform ? PAR.Prefix.platform : try PAR.Prefix("KM01")
        let alarms = try alarmCount(keys: keys, pairs: 1000, prefix: prefix, pans, seed: 12 + UInt64(format.rawValue))
        #expect(alarms <= 1, "\(alarms) of \(keys)")
    }

    /// Random characters of other alphabets, and few pairs.
    @Test(arguments: [10, 16, 36], [4, 7, 10])
    func randomCharacters(_ base: Int, _ pairs: Int) throws {
        var (generator, alarms) = (SeededGenerator(seed: UInt64(100 * base + pairs)), 0)
        let rounds = Effort.isThorough ? 1000 : 6
        for _ in 0..<rounds {
            let pairs = PANs.random.numbers(pairs, &generator).map { ($0, AuditCase.randomPAR(base, &generator)) }
            if try AuditCase.report(pairs).isLeaking { alarms += 1 }
        }
        #expect(alarms * 100 <= max(rounds, 100), "\(alarms) of \(rounds)")
    }

    /// Random UUIDs have constant characters and one with four values, which is no leak.
    @Test func randomUUIDs() throws {
        var (generator, audit) = (SeededGenerator(seed: 5), PARAudit())
        for pan in PANs.random.numbers(500, &generator) {
            var bytes = generator.bytes(16)
            bytes[6] = bytes[6] & 0x0F | 0x40
            bytes[8] = bytes[8] & 0x3F | 0x80
            var text = bytes.map { String(format: "%02x", $0) }.joined()
            for place in [8, 13, 18, 23] { text.insert("-", at: text.index(text.startIndex, offsetBy: place)) }
            try audit.append(pan: PAN(pan), par: text)
        }
        #expect(try audit.report().findings.isEmpty)
    }
}
