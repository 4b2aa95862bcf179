internal import Foundation
internal import KMCards
internal import KMPrimitives

/// Runs all searches, tests what they propose, and chooses what to report.
struct AuditJudge {
    /// The searches that share the allowed false alarms: digits, substitutions, numbers, orders, equal parts, hashes,
    /// the PARs' own shape, and shared PARs.
    private static let searchCount = 8.0

    let table: AuditTable
    let counts: CharacterCounts
    let byPAN: RepeatTable
    let byPAR: RepeatTable
    let pairCount: Int

    /// The logarithm of the share of false alarms of each search.
    static let logLimit = log(Chance.falseAlarmLimit / searchCount)

    /// A finding with what decides whether and where it is reported.
    private struct Ranked {
        let logProbability: Double
        let places: [Int]
        let finding: PARFinding
        var candidate: TestedCandidate?
        /// Whether only the first place decides whether another finding explains this one.
        var isOrder = false
        /// Whether the finding is about the PARs alone.
        var isShape = false
    }

    func report() -> PARAuditReport {
        let groups = searchGroups()
        let shape = ShapeSearch(table, counts)
        let order = OrderSearch(table).result()
        var ranked = groups.flatMap(\.self).map { TestedCandidate($0, table) }
            .filter { $0.isSignificant(Self.logLimit) && hasVariety($0) }.map(ranked)
        if let order, order.logProbability + order.logTests <= Self.logLimit { ranked.append(self.ranked(order)) }
        ranked += shape.results().filter { $0.logProbability + $0.logTests <= Self.logLimit }.map(self.ranked)
        let power = Detection(table)
        return PARAuditReport(
            pairCount: pairCount,
            comparedCount: table.count,
            panDigitCount: table.pan.count,
            parCharacterCount: table.par.count,
            relationCount: power.relationCount,
            findings: repeats() + chosen(ranked),
            detectable: power.detectable(),
            notes: shape.notes() + sampleNotes()
        )
    }

    private func searchGroups() -> [[Candidate]] {
        [
            DigitSearch(table).candidates(), NumberSearch(table).candidates(), SubstitutionSearch(table).candidates(),
            EqualPartsSearch(table).candidates(), HashSearch(table).candidates(),
        ]
    }

    /// Whether a candidate predicted at least three different values, or two that depend on equal parts.
    private func hasVariety(_ tested: TestedCandidate) -> Bool {
        var values: Set<[UInt8?]> = []
        for row in table.searchRows where !tested.candidate.fitRows.contains(row) {
            let predicted = tested.candidate.predict(row)
            if predicted.contains(where: { $0 != nil }) { values.insert(predicted) }
        }
        // Repeats may be rare among the first rows.
        if tested.candidate.relation == .equalParts { return values.count != 1 || table.count > table.searchRows.count }
        return values.count >= 2
    }

    /// Chooses the least likely findings, and leaves out those that another one explains.
    private func chosen(_ ranked: [Ranked]) -> [PARFinding] {
        var (findings, covered, numbers): ([PARFinding], Set<Int>, SampleNumbers) = ([], [], SampleNumbers())
        // A relation explains constant characters and repeats, so those come last.
        let sorted = ranked.enumerated().sorted {
            ($0.element.isShape ? 1 : 0, $0.element.logProbability, $0.offset)
                < ($1.element.isShape ? 1 : 0, $1.element.logProbability, $1.offset)
        }
        for item in sorted.map(\.element) {
            let varying = item.places.filter { table.parVaries[$0] || item.isShape }
            let explained = varying.count { covered.contains($0) }
            let isExplained =
                item.isOrder ? varying.first.map(covered.contains) ?? false : explained * 2 >= varying.count
            let isSecondHash = item.finding.relation == .plainHash && findings.contains { $0.relation == .plainHash }
            // Characters that a relation makes more frequent are no finding of their own.
            let isExplainedBias = item.finding.relation == .bias && !findings.isEmpty
            guard !isExplained, !isSecondHash, !isExplainedBias else { continue }
            if let candidate = item.candidate, candidate.describesShuffled(table, &numbers) { continue }
            findings.append(item.finding)
            covered.formUnion(withNeighbours(item.places))
        }
        return findings
    }

    /// Returns places with the constant characters beside them, which may belong to the same relation.
    private func withNeighbours(_ places: [Int]) -> Set<Int> {
        var places = Set(places)
        for (start, step) in [(places.min() ?? 0, -1), (places.max() ?? 0, 1)] {
            var place = start + step
            while table.parVaries.indices.contains(place), !table.parVaries[place] {
                places.insert(place)
                place += step
            }
        }
        return places
    }

    private func ranked(_ tested: TestedCandidate) -> Ranked {
        let candidate = tested.candidate
        return Ranked(
            logProbability: tested.logProbability,
            places: candidate.parPlaces,
            finding: PARFinding(
                relation: candidate.relation,
                sentence: candidate.sentence,
                panPositions: candidate.panPlaces.map { $0 + 1 },
                parPositions: candidate.parPlaces.map { $0 + 1 },
                predictedCount: tested.predicted,
                rightCount: tested.right,
                unit: candidate.isByCharacter ? "character" : "pair",
                log10Probability: tested.logProbability / log(10),
                predictions: predictions(candidate)
            ),
            candidate: tested
        )
    }

    private func ranked(_ order: OrderSearch.Result) -> Ranked {
        Ranked(
            logProbability: order.logProbability,
            places: order.parPlaces,
            finding: PARFinding(
                relation: order.relation,
                sentence: order.sentence,
                panPositions: order.panPlaces.map { $0 + 1 },
                parPositions: order.parPlaces.map { $0 + 1 },
                predictedCount: order.compared,
                rightCount: order.right,
                unit: "order of two pairs",
                log10Probability: order.logProbability / log(10),
                predictions: []
            ),
            isOrder: true
        )
    }

    private func ranked(_ shape: ShapeSearch.Result) -> Ranked {
        Ranked(
            logProbability: shape.logProbability,
            places: shape.places,
            finding: statement(shape.relation, shape.sentence, shape.places, shape.logProbability),
            isShape: true
        )
    }

    private func statement(
        _ relation: PARFinding.Relation,
        _ sentence: String,
        _ places: [Int],
        _ logProbability: Double?
    ) -> PARFinding {
        PARFinding(
            relation: relation,
            sentence: sentence,
            panPositions: [],
            parPositions: places.map { $0 + 1 },
            predictedCount: 0,
            rightCount: 0,
            unit: "pair",
            log10Probability: logProbability.map { $0 / log(10) },
            predictions: []
        )
    }

    /// Returns what the relation predicts for the first pairs that were held back.
    private func predictions(_ candidate: Candidate) -> [PARFinding.Prediction] {
        var predictions: [PARFinding.Prediction] = []
        for row in 0..<table.count where !candidate.fitRows.contains(row) && predictions.count < 4 {
            let predicted = candidate.predict(row)
            let isWhole = predicted.count == candidate.parPlaces.count && !predicted.contains(nil)
            guard isWhole || candidate.isByCharacter && predicted.contains(where: { $0 != nil }) else { continue }
            let found = table.characters(row, at: candidate.parPlaces)
            predictions.append(
                PARFinding.Prediction(
                    pair: table.lines[row],
                    predicted: Self.shown(predicted.map { $0 ?? 0x3F }),
                    found: Self.shown(found),
                    isRight: zip(predicted, found).allSatisfy { $0 == nil || $0 == $1 }
                )
            )
        }
        return predictions
    }

    /// Returns at most four characters, so that a copied PAN is not shown.
    private static func shown(_ characters: [UInt8]) -> String {
        String(decoding: characters.prefix(4), as: UTF8.self) + (characters.count > 4 ? "…" : "")
    }

    /// Returns the findings about PARs of several PANs and PANs of several PARs.
    private func repeats() -> [PARFinding] {
        var findings: [PARFinding] = []
        if let first = byPAR.repeats.first {
            let kept = Double(pairCount) * byPAR.share
            let expected = log(kept * Double(pairCount) / 2) + table.logChance(of: table.par.indices)
            let bound = expected < 0 ? Double(byPAR.count) * expected : 0
            if bound <= Self.logLimit {
                let sentence =
                    "\(counted(byPAR.count, "PAR")) \(byPAR.count == 1 ? "stands" : "stand") for more than one PAN, "
                    + "first in pairs \(first.first) and \(first.second). "
                    + "If these are cards of one account, keep one of each account and audit again."
                findings.append(statement(.sharedPAR, sentence, [], bound))
            }
        }
        if let first = byPAN.repeats.first {
            let sentence =
                "\(counted(byPAN.count, "PAN")) \(byPAN.count == 1 ? "has" : "have") more than one PAR, first in pairs "
                + "\(first.first) and \(first.second)."
            findings.append(statement(.severalPARs, sentence, [], nil))
        }
        return findings
    }

    private func sampleNotes() -> [String] {
        var notes: [String] = []
        if table.count < pairCount {
            notes.append(
                "\(table.count) of \(pairCount) pairs were compared: a sample of those with the most frequent lengths, "
                    + "without repeats."
            )
        }
        if byPAN.isSample || byPAR.isSample { notes.append("PANs and PARs that repeat were counted in a sample.") }
        return notes
    }
}
