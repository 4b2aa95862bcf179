internal import Foundation
internal import KMPrimitives

/// What an audit can find with some pairs, if it holds for all of them.
struct Detection {
    private let table: AuditTable

    init(_ table: AuditTable) { self.table = table }

    /// The numbers of relations that the searches try.
    private var tests: [(relation: PARFinding.Relation, name: String, logTests: Double, fitCount: Int)] {
        [
            (.copiedDigits, "copied digits of the PAN", DigitSearch.logTests(table, .same), 0),
            (.digitSum, "digits of the PAN, each plus or XOR a constant", DigitSearch.logTests(table, .sum10), 1),
            (
                .numberSum, "a number in base 10, 16 or 36 from the PAN, plus or XOR a constant",
                NumberSearch.logTests(table, .offset), 1
            ),
            (
                .affine, "a number in base 10, 16 or 36 from the PAN, times a constant, plus a constant",
                NumberSearch.logTests(table, .affine), 2
            ),
            (.counter, "a counter of the lines", NumberSearch.logTests(table, .affine), 2),
            (
                .plainHash, "an MD5, SHA-1 or SHA-2 hash of the PAN, in hexadecimal, Base64 or base 36",
                HashSearch.logTests(table), 0
            ),
        ]
    }

    /// The number of relations that are tried, over all searches.
    var relationCount: Int {
        let logs =
            [DigitSearch.logTests(table, .same), DigitSearch.logTests(table, .sum10)]
            + [NumberSearch.logTests(table, .offset), SubstitutionSearch.logTests(table)]
            + [OrderSearch.logTests(table), EqualPartsSearch.logTests(table), HashSearch.logTests(table)]
        return Int(logs.reduce(0) { $0 + exp($1) }.rounded())
    }

    /// Returns what can be found, and what needs more pairs.
    func detectable() -> [PARAuditReport.Detectable] {
        tests.map { test in
            let count = characterCount(test.logTests, predictions: table.count - test.fitCount, minimum: test.relation)
            return PARAuditReport.Detectable(
                relation: test.relation,
                characterCount: count,
                sentence: count.map { "\(test.name), in \(counted($0, "character")) or more of the PAR" }
                    ?? "\(test.name): more pairs are needed"
            )
        } + [substitution, order, equalParts]
    }

    private func characterCount(
        _ logTests: Double,
        predictions: Int,
        minimum: PARFinding.Relation
    ) -> Int? {
        guard predictions > 0 else { return nil }
        // The characters of such a relation may be decimal digits, whatever the others are.
        let each = Double(predictions) * log(Double(min(10, table.alphabet.distinctCount)))
        let count = max(minimum == .plainHash ? 2 : 1, Int(((logTests - AuditJudge.logLimit) / each).rounded(.up)))
        return count <= table.parVaries.count(where: \.self) ? count : nil
    }

    private var substitution: PARAuditReport.Detectable {
        let name = "digits of the PAN, replaced by one table"
        // One table of ten digits must be learned before it predicts.
        let needed =
            (SubstitutionSearch.logTests(table) - AuditJudge.logLimit) / log(Double(table.alphabet.distinctCount))
        let count = max(2, Int(((needed + 10) / Double(table.count)).rounded(.up)))
        let found = count <= table.pan.count ? count : nil
        return PARAuditReport.Detectable(
            relation: .substitution,
            characterCount: found,
            sentence: found.map { "\(name), in \(counted($0, "character")) or more of the PAR" }
                ?? "\(name): more pairs are needed"
        )
    }

    private var order: PARAuditReport.Detectable {
        let isFound =
            Chance.ofAtMost(inversions: 0, count: table.count) + OrderSearch.logTests(table) <= AuditJudge.logLimit
        return PARAuditReport.Detectable(
            relation: .order,
            characterCount: isFound ? 2 : nil,
            sentence: isFound
                ? "PARs that sort as the PANs or the lines do, from two characters on"
                : "PARs that sort as the PANs or the lines do: more pairs are needed"
        )
    }

    private var equalParts: PARAuditReport.Detectable {
        let search = EqualPartsSearch(table)
        let needed = EqualPartsSearch.logTests(table) - AuditJudge.logLimit
        let parts = [
            ("the BIN (six digits)", 0..<6), ("the last four digits", (table.pan.count - 4)..<table.pan.count),
        ]
        let found = parts.compactMap { name, digits -> (name: String, characters: Int)? in
            let repeats = search.repeatCount(digits)
            guard repeats > 1, digits.contains(where: { table.panVaries[$0] }) else { return nil }
            let each = Double(repeats) * log(Double(table.alphabet.distinctCount))
            let count = max(1, Int((needed / each).rounded(.up)))
            return count <= table.par.count ? (name, count) : nil
        }
        let name = "equal parts of PARs for PANs with an equal part"
        return PARAuditReport.Detectable(
            relation: .equalParts,
            characterCount: found.map(\.characters).min(),
            sentence: found.isEmpty
                ? "\(name): more PANs that share a part, but not the same one, are needed"
                : "\(name): \(found.map { "\($0.name), in \(counted($0.characters, "character")) or more" }.joined(separator: "; "))"
        )
    }
}
