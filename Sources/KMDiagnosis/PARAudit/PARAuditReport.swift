/// What an audit of PARs found, and what it could have found.
public struct PARAuditReport: Sendable, Hashable {
    /// A relation that the audit would have found.
    public struct Detectable: Sendable, Hashable {
        /// The relation.
        public let relation: PARFinding.Relation
        /// The smallest number of characters of the PAR for which it is found if it holds for all pairs.
        ///
        /// It is nil if the audit needs more pairs, or other PANs, to find the relation at all.
        public let characterCount: Int?
        /// What the audit would have found, or what it needs to find it, in one sentence.
        public let sentence: String
    }

    /// The number of pairs in the input.
    public let pairCount: Int
    /// The number of pairs that were compared with each other.
    public let comparedCount: Int
    /// The number of digits of the PANs that were compared.
    public let panDigitCount: Int
    /// The number of characters of the PARs that were compared.
    public let parCharacterCount: Int
    /// The number of relations that were tried, including each choice of positions and constants.
    public let relationCount: Int
    /// The findings, the least likely first; empty if none is certain.
    public let findings: [PARFinding]
    /// What the audit could have found with these pairs.
    public let detectable: [Detectable]
    /// Remarks on the pairs that are not findings.
    public let notes: [String]

    /// Whether the PARs leak information on their PANs, or are not the output of a keyed hash.
    public var isLeaking: Bool { !findings.isEmpty }
}
