/// A relation that the search proposes, to be tested on all pairs.
struct Candidate {
    /// The relation.
    var relation: PARFinding.Relation
    /// What the relation says, in one sentence.
    var sentence: String
    /// The positions in the PAN, from 0; empty if the relation is not about the PAN's digits.
    var panPlaces: [Int]
    /// The positions in the PAR, from 0.
    var parPlaces: [Int]
    /// The rows from which the relation's constants come, and which therefore predict nothing.
    var fitRows: Set<Int> = []
    /// The logarithm of the number of relations of this kind that the audit tries.
    var logTests: Double
    /// Whether each character is predicted for itself, rather than all of a row together.
    var isByCharacter = false
    /// Returns the characters that the relation predicts for a row at `parPlaces`, with nil for what it cannot predict.
    var predict: (Int) -> [UInt8?]
    /// Returns how many rows of a table the same relation describes, after its constants are found anew.
    ///
    /// The audit calls it with shuffled PARs: a relation that describes those as well is a property of the PARs alone.
    var describedCount: ((AuditTable) -> Int)?
    /// Returns whether the relation also describes shuffled PARs, if this relation has a way of its own to find out.
    var happensShuffled: ((inout SampleNumbers) -> Bool)?
}

/// A candidate that was tested on all pairs.
struct TestedCandidate {
    let candidate: Candidate
    let right: Int
    let predicted: Int
    /// The logarithm of the probability that unrelated PARs do as well.
    let logProbability: Double

    /// Tests a candidate on the rows that it was not fitted to.
    init(_ candidate: Candidate, _ table: AuditTable) {
        var (right, predicted) = (0, 0)
        let places = candidate.parPlaces
        for row in 0..<table.count where !candidate.fitRows.contains(row) {
            let characters = candidate.predict(row)
            if candidate.isByCharacter {
                for (character, place) in zip(characters, places) {
                    guard let character else { continue }
                    predicted += 1
                    if character == table.par[place][row] { right += 1 }
                }
            } else if characters.count == places.count, !characters.contains(nil) {
                predicted += 1
                if zip(characters, places).allSatisfy({ $0 == table.par[$1][row] }) { right += 1 }
            }
        }
        (self.candidate, self.right, self.predicted) = (candidate, right, predicted)
        // Equal parts are tested against shuffled PARs, which takes parts with few values into account.
        let chance =
            candidate.isByCharacter
            ? places.map { table.cautiousLogChance(of: [$0]) }.max() ?? 0
            : candidate.happensShuffled == nil
                ? table.cautiousLogChance(of: places) : table.logChance(of: places)
        logProbability = Chance.ofAtLeast(right, of: predicted, logChance: chance)
    }

    /// Whether the result is too rare to happen by chance in this audit.
    func isSignificant(_ logLimit: Double) -> Bool { logProbability + candidate.logTests <= logLimit }

    /// Returns whether the relation describes shuffled PARs about as often as the real ones.
    ///
    /// - Parameters:
    ///   - table: The pairs.
    ///   - numbers: The numbers to shuffle with.
    /// - Returns: Whether more than one in 200 shuffles is described as well.
    func describesShuffled(_ table: AuditTable, _ numbers: inout SampleNumbers) -> Bool {
        if let happens = candidate.happensShuffled { return happens(&numbers) }
        guard let described = candidate.describedCount else { return false }
        let rows = table.searchRows.count
        let real = described(table.shuffled(Array(0..<rows)))
        var count = 0
        for _ in 0..<200 where count < 2 {
            let order = numbers.otherOrder(rows)
            if described(table.shuffled(order)) >= real { count += 1 }
        }
        return count > 1
    }
}
