internal import KMDiagnosis

/// The report of an audit, as JSON for programs.
///
/// The names of the members do not change.
struct AuditJSON: Encodable {
    private struct Finding: Encodable {
        let relation: String
        let sentence: String
        let panPositions: [Int]
        let parPositions: [Int]
        let predicted: Int
        let right: Int
        let unit: String
        let log10Probability: Double?
        let predictions: [Prediction]
    }

    private struct Prediction: Encodable {
        let pair: Int
        let predicted: String
        let found: String
        let right: Bool
    }

    private struct Detectable: Encodable {
        let relation: String
        let characters: Int?
        let sentence: String
    }

    private let leak: Bool
    private let pairs: Int
    private let compared: Int
    private let panDigits: Int
    private let parCharacters: Int
    private let relationsTried: Int
    private let findings: [Finding]
    private let detectable: [Detectable]
    private let notes: [String]

    init(_ report: PARAuditReport) {
        leak = report.isLeaking
        (pairs, compared) = (report.pairCount, report.comparedCount)
        (panDigits, parCharacters) = (report.panDigitCount, report.parCharacterCount)
        relationsTried = report.relationCount
        findings = report.findings.map { finding in
            Finding(
                relation: finding.relation.name,
                sentence: finding.sentence,
                panPositions: finding.panPositions,
                parPositions: finding.parPositions,
                predicted: finding.predictedCount,
                right: finding.rightCount,
                unit: finding.unit,
                log10Probability: finding.log10Probability.map { ($0 * 100).rounded() / 100 },
                predictions: finding.predictions.map { prediction in
                    Prediction(
                        pair: prediction.pair,
                        predicted: prediction.predicted,
                        found: prediction.found,
                        right: prediction.isRight
                    )
                }
            )
        }
        detectable = report.detectable.map {
            Detectable(relation: $0.relation.name, characters: $0.characterCount, sentence: $0.sentence)
        }
        notes = report.notes
    }
}
