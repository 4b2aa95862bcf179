internal import Foundation
internal import KMPrimitives

/// What the PARs look like by themselves, without their PANs.
struct ShapeSearch {
    /// A property of the PARs that a keyed hash does not have.
    struct Result {
        let relation: PARFinding.Relation
        let sentence: String
        let places: [Int]
        let logProbability: Double
        let logTests: Double
    }

    private let table: AuditTable
    /// The numbers of pairs by position and character, of all pairs of the input.
    private let counts: CharacterCounts

    init(_ table: AuditTable, _ counts: CharacterCounts) {
        (self.table, self.counts) = (table, counts)
    }

    /// Whether the PARs have the form of EMVCo or of the platform, in which all characters after the prefix vary.
    private var hasKnownForm: Bool { table.par.count == 27 || table.par.count == 29 }

    /// The positions whose characters follow from the form of a UUID.
    private var fixedPlaces: Set<Int> {
        guard table.par.count == 36,
            [8, 13, 18, 23].allSatisfy({ place in table.par[place].allSatisfy { $0 == 0x2D } })
        else { return [] }
        return [8, 13, 14, 18, 19, 23]
    }

    /// The positions to look at: those that vary, after the prefix.
    private var places: [Int] {
        table.par.indices.filter { $0 >= table.prefixCount && table.parVaries[$0] && !fixedPlaces.contains($0) }
    }

    /// Returns what is unlikely for unrelated PARs.
    func results() -> [Result] {
        [constants(), fewCharacters(), bias(), repeatedSlices()].compactMap { $0 }
    }

    /// Returns the notes that are not findings.
    func notes() -> [String] {
        let remark = table.alphabet.size < 36 ? ", which is no leak by itself" : ""
        var notes = ["The characters of the PARs are \(table.alphabet.name)\(remark)."]
        let leading = table.parVaries.firstIndex(of: true) ?? table.par.count
        if leading > 0 {
            notes.append("All PARs begin with the same \(leading == 1 ? "character" : "\(leading) characters").")
        }
        let later = table.par.indices.filter { $0 > leading && !table.parVaries[$0] }
        if !later.isEmpty {
            notes.append("\(Places.par(later)) \(later.count == 1 ? "is" : "are") the same in all pairs.")
        }
        let digits = table.pan.indices.filter { !table.panVaries[$0] }
        if !digits.isEmpty {
            notes.append(
                "\(Places.pan(digits)) \(digits.count == 1 ? "is" : "are") the same in all pairs, so nothing can be said "
                    + "about \(digits.count == 1 ? "it" : "them")."
            )
        }
        return notes
    }

    private func constants() -> Result? {
        guard hasKnownForm else { return nil }
        let places = table.par.indices.filter { $0 >= table.prefixCount && !table.parVaries[$0] }
        guard !places.isEmpty else { return nil }
        let chance = -log(Double(table.alphabet.distinctCount))
        return Result(
            relation: .constantCharacters,
            sentence:
                "\(Places.par(places)), after the prefix, \(places.count == 1 ? "is" : "are") the same in all PARs.",
            places: places,
            logProbability: Double(places.count * (table.count - 1)) * chance,
            logTests: Chance.logChoices(places.count, of: table.par.count)
        )
    }

    private func fewCharacters() -> Result? {
        let distinct = counts.distinctCount(places)
        guard distinct > 0, distinct <= 8, !places.isEmpty else { return nil }
        let draws = Double(counts.pairCount * places.count)
        return Result(
            relation: .fewCharacters,
            sentence: "The characters that vary have only \(distinct) different values.",
            places: places,
            logProbability: Chance.logChoices(distinct, of: 10) + draws * log(Double(distinct) / 10),
            logTests: log(Double(10))
        )
    }

    /// Looks for characters that are too frequent or too rare, at one position or at all.
    private func bias() -> Result? {
        var (worst, rarest): ([Int: Double], Double) = ([:], 0)
        let tests = log(Double((table.par.count + 1) * 94 * 2))
        for place in places {
            let size = min(counts.alphabetSize(place), max(2, counts.distinctCount(places)))
            let bound = extreme(counts.numbers(place), size, counts.pairCount)
            rarest = min(rarest, bound)
            worst[place] = bound
        }
        let biased = places.filter { (worst[$0] ?? 0) + tests <= log(Chance.falseAlarmLimit / 100) }
        if !biased.isEmpty {
            return Result(
                relation: .bias,
                sentence: "\(Places.par(biased)) \(biased.count == 1 ? "has" : "have") some characters too often.",
                places: biased,
                logProbability: rarest,
                logTests: tests
            )
        }
        guard !places.isEmpty else { return nil }
        let pooled = (0..<128).map { character in
            places.reduce(0) { $0 + counts.numbers($1)[character] }
        }
        let bound = extreme(pooled, max(2, counts.distinctCount(places)), counts.pairCount * places.count)
        return Result(
            relation: .bias,
            sentence: "The PARs have some characters too often, over all positions.",
            places: places,
            logProbability: hasOneAlphabet ? bound : 0,
            logTests: tests
        )
    }

    private var hasOneAlphabet: Bool { Set(places.map { counts.alphabetSize($0) }).count == 1 }

    /// Returns the logarithm of the probability of the most unusual number of one character.
    private func extreme(_ numbers: [Int], _ size: Int, _ total: Int) -> Double {
        let chance = 1 / Double(size)
        return numbers.filter { $0 > 0 }.reduce(0) { lowest, number in
            let isFrequent = Double(number) > Double(total) * chance
            let bound =
                isFrequent
                ? Chance.ofAtLeast(number, of: total, logChance: log(chance))
                : Chance.ofAtLeast(total - number, of: total, logChance: log1p(-chance))
            return min(lowest, bound)
        }
    }

    /// Looks for parts of the PAR that repeat too often.
    private func repeatedSlices() -> Result? {
        // A PAR of two PANs is another finding.
        var whole: Set<[UInt8]> = []
        let rows = (0..<min(256, table.count)).filter {
            whole.insert(table.characters($0, at: Array(table.par.indices))).inserted
        }
        var best: Result?
        for length in [2, 3, 4, 6, 8] where length <= table.par.count {
            for start in 0...(table.par.count - length) {
                let slice = Array(start..<(start + length))
                let chance = log(Double(rows.count)) + table.logChance(of: slice)
                guard slice.allSatisfy(places.contains), chance < log(0.05) else { continue }
                var seen: Set<[UInt8]> = []
                let repeats = rows.count { !seen.insert(table.characters($0, at: slice)).inserted }
                let bound = Chance.ofAtLeast(repeats, of: rows.count - 1, logChance: chance)
                guard bound < best?.logProbability ?? 0 else { continue }
                best = Result(
                    relation: .repeatedParts,
                    sentence: "\(Places.par(slice)) repeat too often: they have \(counted(seen.count, "value")) in "
                        + "\(counted(rows.count, "pair")).",
                    places: slice,
                    logProbability: bound,
                    logTests: log(5 * Double(table.par.count))
                )
            }
        }
        return best
    }
}
