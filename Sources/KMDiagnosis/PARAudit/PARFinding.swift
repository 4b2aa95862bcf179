/// A way in which PARs depend on their PANs, or do not look like the output of a keyed hash.
///
/// A finding contains at most four digits of a PAN, where the PAR has them. You can log it.
public struct PARFinding: Sendable, Hashable {
    /// The kind of a finding.
    ///
    /// Later versions can have more kinds.
    public struct Relation: Sendable, Hashable, CustomStringConvertible {
        /// The name, such as `copiedDigits`.
        public let name: String

        /// Digits of the PAN appear in the PAR.
        public static let copiedDigits = Self(name: "copiedDigits")
        /// Digits of the PAN appear in the PAR, in reverse order.
        public static let reversedDigits = Self(name: "reversedDigits")
        /// Digits of the PAN appear in the PAR, in another order.
        public static let movedDigits = Self(name: "movedDigits")
        /// Characters are digits of the PAN, each plus a constant.
        public static let digitSum = Self(name: "digitSum")
        /// Characters are digits of the PAN, each XOR a constant.
        public static let digitXOR = Self(name: "digitXOR")
        /// Characters replace digits of the PAN by a table.
        public static let substitution = Self(name: "substitution")
        /// A part of the PAR is a number from the PAN plus a constant.
        public static let numberSum = Self(name: "numberSum")
        /// A part of the PAR is a number from the PAN XOR a constant.
        public static let numberXOR = Self(name: "numberXOR")
        /// A part of the PAR is a number from the PAN times a constant, plus a constant.
        public static let affine = Self(name: "affine")
        /// A part of the PAR sorts as the PANs do.
        public static let order = Self(name: "order")
        /// A part of the PAR is equal when a part of the PAN is equal.
        public static let equalParts = Self(name: "equalParts")
        /// The PAR contains a hash of the PAN without a key.
        public static let plainHash = Self(name: "plainHash")
        /// A part of the PAR grows by the same amount from line to line.
        public static let counter = Self(name: "counter")
        /// A part of the PAR sorts as the lines of the file do.
        public static let fileOrder = Self(name: "fileOrder")
        /// Two PANs have one PAR.
        public static let sharedPAR = Self(name: "sharedPAR")
        /// One PAN has two PARs.
        public static let severalPARs = Self(name: "severalPARs")
        /// Characters after the prefix are the same in all PARs.
        public static let constantCharacters = Self(name: "constantCharacters")
        /// The PARs consist of very few different characters.
        public static let fewCharacters = Self(name: "fewCharacters")
        /// A part of the PAR has few values.
        public static let repeatedParts = Self(name: "repeatedParts")
        /// Some characters are too frequent.
        public static let bias = Self(name: "bias")

        /// The name.
        public var description: String { name }
    }

    /// What a relation predicted for one pair.
    public struct Prediction: Sendable, Hashable {
        /// The number of the pair in the input, from 1; for a file, the number of its line.
        public let pair: Int
        /// The first characters that were predicted, at most four.
        public let predicted: String
        /// The first characters that the PAR has at the same place, at most four.
        public let found: String
        /// Whether the whole prediction was right.
        public let isRight: Bool
    }

    /// The kind.
    public let relation: Relation
    /// What the finding says, in one sentence.
    public let sentence: String
    /// The positions of the PAN's digits, from 1; empty if the finding is not about digits.
    public let panPositions: [Int]
    /// The positions of the PAR's characters, from 1; empty if the finding is about whole PARs.
    public let parPositions: [Int]
    /// The number of predictions that were made for pairs that were held back.
    public let predictedCount: Int
    /// The number of these predictions that were right.
    public let rightCount: Int
    /// What was predicted: `pair`, `character` or `order of two pairs`.
    public let unit: String
    /// The decimal logarithm of the probability that unrelated PARs do as well, or nil if they never do.
    ///
    /// It is an upper bound for this relation alone. A finding is reported only if it is still rare when
    /// all relations that were tried are counted.
    public let log10Probability: Double?
    /// Some of the predictions.
    public let predictions: [Prediction]
}
