internal import Foundation

/// Looks for sums, XORs and affine relations between numbers from the PAN and numbers from the PAR.
///
/// The last character of such a number depends only on the numbers modulo the base, and the last bit of an XOR only on
/// the last bits. The search therefore begins with single last characters, and extends those that fit.
struct NumberSearch {
    private let table: AuditTable
    private let needed: Int

    init(_ table: AuditTable) {
        self.table = table
        needed = max(3, (table.searchRows.count + 1) / 2)
    }

    /// Returns the logarithm of the number of relations that the search tries, including the choice of constants.
    static func logTests(_ table: AuditTable, _ kind: NumberRelation.Kind) -> Double {
        let (digits, characters) = (Double(table.pan.count), Double(table.par.count))
        let slices = digits * (digits + 1) / 2 * characters * (characters + 1) / 2
        // Four kinds share the allowed false alarms: sums, XORs, affine relations and those with the lines.
        return log(
            slices * Double(NumberReading.all.count) * (kind == .affine ? 3 : Double(table.searchRows.count)) * 4
        )
    }

    /// Returns the relations that describe at least half of the pairs, the longest for each last character.
    func candidates() -> [Candidate] {
        var found: [Candidate] = []
        for reading in NumberReading.all {
            for end in table.pan.indices where table.panVaries[end] {
                for length in lengths(reading, end) {
                    let places = (end + 1 - length)..<(end + 1)
                    let numbers = table.panNumbers(
                        places,
                        base: reading.panBase,
                        modulus: reading.base,
                        rows: table.searchRows
                    )
                    let steps = table.panSteps(places, base: reading.panBase, rows: table.searchRows)
                        .map { $0 % reading.base }
                    let fits = NumberRelation.fits(steps, base: reading.base)
                    for last in table.par.indices where table.parVaries[last] {
                        for kind in seeds(reading, numbers, steps, fits, last) {
                            if let longest = longest(kind, reading, places, last) { found.append(longest) }
                        }
                    }
                }
            }
        }
        return found + lineCandidates() + xorCandidates()
    }

    /// Returns the numbers of digits up to `end` that give different last characters.
    private func lengths(_ reading: NumberReading, _ end: Int) -> ClosedRange<Int> {
        if reading.isSameBase { return 1...1 }
        // 10^4 is a multiple of 16; no power of ten is a multiple of 9.
        return 1...(reading.base == 16 ? min(4, end + 1) : end + 1)
    }

    /// Returns the kinds of relation that fit the last character alone.
    private func seeds(
        _ reading: NumberReading,
        _ numbers: [UInt64],
        _ steps: [UInt64],
        _ fits: [(Int, Int)],
        _ last: Int
    ) -> [NumberRelation.Kind] {
        let values = table.values[last]
        let base = Int(reading.base)
        var sums = InlineArray<36, UInt8>(repeating: 0)
        var xors = InlineArray<64, UInt8>(repeating: 0)
        var (mostSums, mostXORs): (UInt8, UInt8) = (0, 0)
        for row in table.searchRows where Int(values[row]) < base {
            let (number, value) = (Int(truncatingIfNeeded: numbers[row]), Int(values[row]))
            let sum = value >= number ? value - number : value + base - number
            sums[sum] += 1
            mostSums = max(mostSums, sums[sum])
            xors[value ^ number] += 1
            mostXORs = max(mostXORs, xors[value ^ number])
        }
        var kinds: [NumberRelation.Kind] = mostSums >= needed ? [.offset] : []
        if reading.base == 16, !reading.isSameBase, mostXORs >= needed { kinds.append(.xor) }
        if isAffine(steps, values, base, fits) { kinds.append(.affine) }
        return kinds
    }

    private func isAffine(_ numbers: [UInt64], _ values: [UInt8], _ base: Int, _ fits: [(Int, Int)]) -> Bool {
        for (first, second) in fits where Int(values[first]) < base && Int(values[second]) < base {
            let modulus = UInt64(base)
            let step = Modular.difference(numbers[second], numbers[first], modulus)
            guard let inverse = Modular.inverse(step, modulus) else { continue }
            let rise = Modular.difference(UInt64(values[second]), UInt64(values[first]), modulus)
            let factor = rise * inverse % modulus
            var (right, wrong) = (0, 0)
            for row in table.searchRows {
                let moved = factor * Modular.difference(numbers[row], numbers[first], modulus)
                if (moved + UInt64(values[first])) % modulus == UInt64(values[row]) { right += 1 } else { wrong += 1 }
                if wrong > table.searchRows.count - needed { break }
            }
            if right >= needed { return true }
        }
        return false
    }

    /// Returns the candidate with the most characters, and among these with the fewest digits.
    private func longest(
        _ kind: NumberRelation.Kind,
        _ reading: NumberReading,
        _ places: Range<Int>,
        _ last: Int
    ) -> Candidate? {
        var best: (relation: NumberRelation, fit: NumberRelation.Fit, bound: Double)?
        let isOpen = reading.base == 16 && !reading.isSameBase && places.count == 4
        let starts = isOpen ? Array((0...places.lowerBound).reversed()) : [places.lowerBound]
        for start in starts {
            for count in 1...maximumCount(reading, last) {
                let first = reading.isSameBase ? max(0, places.upperBound - count) : start
                let relation = NumberRelation(
                    kind: kind,
                    reading: reading,
                    panPlaces: first..<places.upperBound,
                    parPlaces: (last + 1 - count)..<(last + 1)
                )
                guard let (fit, right) = relation.best(table), right >= needed else { break }
                let bound = bound(relation, right, fit)
                // Constant characters at the left make the relation no less likely, but belong to the number.
                if bound < 0, bound <= best?.bound ?? 0 { best = (relation, fit, bound) }
            }
        }
        return best.map { candidate($0.relation, $0.fit) }
    }

    /// Returns the largest number of characters up to `last`, without those of the prefix.
    private func maximumCount(_ reading: NumberReading, _ last: Int) -> Int {
        max(1, min(reading.maximumCount, last + 1 - table.prefixCount))
    }

    private func bound(_ relation: NumberRelation, _ right: Int, _ fit: NumberRelation.Fit) -> Double {
        Chance.ofAtLeast(
            right - fit.rows.count,
            of: table.searchRows.count - fit.rows.count,
            logChance: table.logChance(of: relation.parPlaces)
        )
    }

    private func candidate(
        _ relation: NumberRelation,
        _ fit: NumberRelation.Fit
    ) -> Candidate {
        relation.candidate(table, fit, logTests: Self.logTests(table, relation.kind))
    }

    /// Looks for numbers that grow with the lines of the file.
    private func lineCandidates() -> [Candidate] {
        var found: [Candidate] = []
        for base in [UInt64(10), 16, 36] {
            let reading = NumberReading(panBase: base, base: base)
            let numbers = table.searchRows.map { UInt64(table.lines[$0]) }
            let fits = NumberRelation.fits(numbers, base: base)
            let digits = numbers.map { $0 % base }
            for last in table.par.indices where table.parVaries[last] {
                let values = table.values[last]
                guard isAffine(digits, values, Int(base), fits) else { continue }
                for kind in [NumberRelation.Kind.offset, .affine] {
                    var best: (relation: NumberRelation, fit: NumberRelation.Fit, bound: Double)?
                    for count in 1...maximumCount(reading, last) {
                        let relation = NumberRelation(
                            kind: kind,
                            reading: reading,
                            panPlaces: nil,
                            parPlaces: (last + 1 - count)..<(last + 1)
                        )
                        guard let (fit, right) = relation.best(table), right >= needed else { break }
                        let bound = bound(relation, right, fit)
                        if bound < 0, bound <= best?.bound ?? 0 { best = (relation, fit, bound) }
                    }
                    if let best { found.append(candidate(best.relation, best.fit)) }
                }
            }
        }
        return found
    }

    /// Looks for XORs of whole decimal and base 36 numbers, whose last bits are those of the last characters.
    private func xorCandidates() -> [Candidate] {
        guard table.searchRows.count >= 6 else { return [] }
        var found: [Candidate] = []
        let readings = NumberReading.all.filter { $0.base != 16 }
        for end in table.pan.indices where table.panVaries[end] {
            for last in table.par.indices where table.parVaries[last] {
                let equal = table.searchRows.count { table.pan[end][$0] & 1 == table.values[last][$0] & 1 }
                let rows = table.searchRows.count
                guard max(equal, rows - equal) * 4 >= rows * 3 else { continue }
                for reading in readings where table.smallestBase[last] == Int(reading.base) {
                    if let best = bestXOR(reading, end, last) { found.append(best) }
                }
            }
        }
        return found
    }

    private func bestXOR(_ reading: NumberReading, _ end: Int, _ last: Int) -> Candidate? {
        var best: (relation: NumberRelation, fit: NumberRelation.Fit, bound: Double)?
        for first in 0...end {
            let numbers = table.panNumbers(
                first..<(end + 1),
                base: reading.panBase,
                modulus: reading.modulus(reading.maximumCount),
                rows: 0..<6
            )
            for count in 1...maximumCount(reading, last) {
                let places = (last + 1 - count)..<(last + 1)
                let results = table.parNumbers(places, base: reading.base, rows: 0..<6)
                let modulus = reading.modulus(count)
                let isPromising = [(0, 1), (2, 3), (4, 5)].contains { one, two in
                    guard let high = results[one], let low = results[two] else { return false }
                    return high ^ (numbers[one] % modulus) == low ^ (numbers[two] % modulus)
                }
                guard isPromising else { continue }
                let relation = NumberRelation(
                    kind: .xor,
                    reading: reading,
                    panPlaces: first..<(end + 1),
                    parPlaces: places
                )
                guard let (fit, right) = relation.best(table), right >= needed else { continue }
                let bound = bound(relation, right, fit)
                if bound < best?.bound ?? 0 { best = (relation, fit, bound) }
            }
        }
        return best.map { candidate($0.relation, $0.fit) }
    }
}
