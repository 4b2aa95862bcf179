import Foundation
import KMDiagnosis
import KMPrimitives
import KMTestSupport
import Testing

/// A leak that a bad scheme of PARs has, at a place that depends on a seed.
struct PlantedLeak: Sendable, CustomTestStringConvertible {
    /// The name of the case.
    let name: String
    /// The relations that name the leak rightly.
    let relations: Set<PARFinding.Relation>
    /// Returns pairs with the leak.
    let pairs: @Sendable (inout SeededGenerator) -> [AuditCase.Pair]

    var testDescription: String { name }

    init(
        _ name: String,
        _ relations: Set<PARFinding.Relation>,
        _ pairs: @escaping @Sendable (inout SeededGenerator) -> [AuditCase.Pair]
    ) {
        (self.name, self.relations, self.pairs) = (name, relations, pairs)
    }

    /// Creates a leak that writes characters over a part of otherwise random PARs.
    ///
    /// - Parameters:
    ///   - name: The name of the case.
    ///   - relations: The relations that name it rightly.
    ///   - base: The base of the random characters, 10, 16 or 36.
    ///   - width: The number of characters that are written.
    ///   - make: Returns the function that makes them from a PAN's digits, with its constants.
    init(
        _ name: String,
        _ relations: Set<PARFinding.Relation>,
        base: Int,
        width: Int,
        _ make: @escaping @Sendable (inout SeededGenerator) -> ([Int]) -> String
    ) {
        self.init(name, relations) { generator in
            let start = 2 + generator.below(26 - width)
            let leak = make(&generator)
            return AuditCase.randomPANs(10, &generator).map { pan in
                var par = Array(AuditCase.randomPAR(base, &generator))
                let text = Array(leak(pan.compactMap(\.wholeNumberValue)))
                par.replaceSubrange(start..<(start + width), with: text.suffix(width))
                return (pan, String(par))
            }
        }
    }
}

/// What the tests of the audit share.
enum AuditCase {
    typealias Pair = (pan: String, par: String)

    static func randomPANs(_ count: Int, bin: String = "9", _ generator: inout SeededGenerator) -> [String] {
        (0..<count).map { _ in TestNumbers.number(bin, count: 16, using: &generator) }
    }

    /// Returns `Q1` and 25 random characters of a base.
    static func randomPAR(_ base: Int, _ generator: inout SeededGenerator) -> String {
        "Q1" + String((0..<25).map { _ in character(generator.below(base)) })
    }

    static func character(_ value: Int) -> Character { Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")[value] }

    /// Returns a number's lowest digits in a base.
    static func text(_ number: Int, base: Int, width: Int) -> String {
        var (rest, text) = (number, "")
        for _ in 0..<width {
            text = String(character(rest % base)) + text
            rest /= base
        }
        return text
    }

    /// Returns the value of digits in a base.
    static func value(_ digits: some Sequence<Int>, base: Int = 10) -> Int { digits.reduce(0) { $0 * base + $1 } }

    static func report(_ pairs: [Pair]) throws -> PARAuditReport {
        var audit = PARAudit()
        for pair in pairs { try audit.append(pan: PAN(pair.pan), par: pair.par) }
        return try audit.report()
    }

    /// Returns the digits of a big-endian number in base 36, found by division of single bytes.
    static func base36(_ bytes: [UInt8]) -> String {
        var (rest, text) = (bytes.map { Int($0) }, "")
        while rest.contains(where: { $0 != 0 }) {
            var remainder = 0
            for index in rest.indices {
                let part = remainder * 256 + rest[index]
                (rest[index], remainder) = (part / 36, part % 36)
            }
            text = String(character(remainder)) + text
        }
        return text
    }
}
