internal import Foundation

/// Looks for parts of the PAR that are equal whenever a part of the PAN is equal.
struct EqualPartsSearch {
    /// The largest number of repeats of one part of the PAN that are compared.
    private static let maximumCount = 64

    /// The number of parts of the PAN that have a name.
    private static let namedCount = 3

    private let table: AuditTable

    init(_ table: AuditTable) { self.table = table }

    /// Returns the logarithm of the number of relations that the search tries.
    static func logTests(_ table: AuditTable) -> Double {
        let (digits, characters) = (Double(table.pan.count), Double(table.par.count))
        return log(digits * (digits + 1) / 2 * characters * (characters + 1) / 2)
    }

    /// The rows of which each has the same part of the PAN as an earlier one.
    private typealias Repeats = [(earlier: Int, later: Int)]

    /// Returns the least likely dependence of each start in the PAR.
    func candidates() -> [Candidate] {
        var best: [Int: (digits: Range<Int>, characters: Range<Int>, bound: Double)] = [:]
        for digits in slices() {
            let repeats = repeats(digits, table)
            guard repeats.count > 1 else { continue }
            for (characters, bound) in runs(repeats) where bound < best[characters.lowerBound]?.bound ?? 0 {
                best[characters.lowerBound] = (digits, characters, bound)
            }
        }
        return best.values.sorted { $0.bound < $1.bound }.prefix(4).map { candidate($0.digits, $0.characters) }
    }

    /// The parts of the PAN: those that have a name first, then the shorter ones first.
    private func slices() -> [Range<Int>] {
        let count = table.pan.count
        let named = [0..<6, 0..<8, (count - 4)..<count]
        let all = (1...count).flatMap { length in (0...(count - length)).map { $0..<($0 + length) } }
        return (named + all.filter { !named.contains($0) }).filter { places in
            places.contains { table.panVaries[$0] }
        }
    }

    /// Returns the number of rows that have the same part of the PAN as an earlier one, up to a limit.
    func repeatCount(_ digits: Range<Int>) -> Int { repeats(digits, table).count }

    private func repeats(_ digits: Range<Int>, _ table: AuditTable) -> Repeats {
        var (first, repeats): ([UInt64: Int], Repeats) = ([:], [])
        for row in 0..<table.count {
            let key = digits.reduce(0) { $0 &* 10 &+ UInt64(table.pan[$1][row]) }
            if let earlier = first[key] {
                repeats.append((earlier, row))
                if repeats.count == Self.maximumCount { break }
            } else {
                first[key] = row
            }
        }
        return repeats
    }

    /// Returns the runs of characters that are equal in most repeats.
    private func runs(_ repeats: Repeats) -> [(Range<Int>, Double)] {
        let equal = table.par.map { column in
            repeats.enumerated().reduce(UInt64(0)) { bits, item in
                column[item.element.earlier] == column[item.element.later] ? bits | 1 << UInt64(item.offset) : bits
            }
        }
        var runs: [(Range<Int>, Double)] = []
        for start in table.par.indices where table.parVaries[start] {
            var (bits, chance, best): (UInt64, Double, (Range<Int>, Double)?) = (.max, 0, nil)
            for end in start..<table.par.count {
                bits &= equal[end]
                chance += table.logChance[end]
                let right = bits.nonzeroBitCount
                guard right * 3 >= repeats.count * 2, right > 1 else { break }
                let bound = Chance.ofAtLeast(right, of: repeats.count, logChance: chance)
                if bound < 0, bound <= best?.1 ?? 0 { best = (start..<(end + 1), bound) }
            }
            if let best { runs.append(best) }
        }
        return runs
    }

    private func candidate(_ digits: Range<Int>, _ characters: Range<Int>) -> Candidate {
        let (repeats, table, places) = (repeats(digits, table), table, Array(characters))
        let earlier = Dictionary(repeats.map { ($0.later, $0.earlier) }) { first, _ in first }
        let (pan, par) = (Places.pan(Array(digits)), Places.par(places))
        let isOne = digits.count == 1
        let name =
            digits == 0..<6 || digits == 0..<8
            ? " (the BIN)" : digits == (table.pan.count - 4)..<table.pan.count ? " (the last four)" : ""
        return Candidate(
            relation: .equalParts,
            sentence:
                "\(par) \(places.count == 1 ? "is" : "are") equal when \(pan)\(name) \(isOne ? "is" : "are") equal.",
            panPlaces: Array(digits),
            parPlaces: places,
            logTests: Self.logTests(table),
            predict: { row in
                earlier[row].map { table.characters($0, at: places).map { Optional($0) } } ?? []
            },
            happensShuffled: { self.happensShuffled(repeats, digits, places, &$0) }
        )
    }

    /// Returns whether PARs in another order have equal parts as often.
    ///
    /// A part that has few values, whatever the PAN, is often equal. As all parts of the PAN were tried, the relation
    /// must be that much rarer. The parts that have a name, which were tried first, share half of the chance.
    private func happensShuffled(
        _ repeats: Repeats,
        _ digits: Range<Int>,
        _ places: [Int],
        _ numbers: inout SampleNumbers
    ) -> Bool {
        let parts = (0..<table.count).map { table.characters($0, at: places) }
        let real = repeats.count { parts[$0.earlier] == parts[$0.later] }
        let shuffles = 2000
        let slices = slices()
        let isNamed = slices.prefix(Self.namedCount).contains(digits)
        let allowed = Int(0.025 * Double(shuffles) / Double(isNamed ? Self.namedCount : slices.count))
        var count = 0
        for _ in 0..<shuffles where count <= allowed {
            let order = numbers.otherOrder(table.count)
            if repeats.count(where: { parts[order[$0.earlier]] == parts[order[$0.later]] }) >= real { count += 1 }
        }
        return count > allowed
    }
}
