public import KMPrimitives

extension KMError.Code {
    /// A card number with a character that it must not have, or separators where none are taken.
    public static let panMalformed = Self("panMalformed")
    /// A card number of another length than is due.
    public static let panLengthInvalid = Self("panLengthInvalid")
    /// A card number whose last digit is not its check digit.
    public static let panCheckDigitInvalid = Self("panCheckDigitInvalid")
    /// The text is no PAR, or no prefix of one.
    public static let parMalformed = Self("parMalformed")
    /// No tokenization key of that version is held.
    public static let keyVersionUnknown = Self("keyVersionUnknown")
    /// Two tokenization keys have the same version.
    public static let keyVersionRepeated = Self("keyVersionRepeated")
}
