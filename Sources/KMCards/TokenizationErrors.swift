public import KMPrimitives

extension KMError.Code {
    /// The card number contains a character or a separator that is not accepted.
    public static let panMalformed = Self("panMalformed")
    /// The card number has fewer or more digits than required.
    public static let panLengthInvalid = Self("panLengthInvalid")
    /// The last digit of the card number is not the correct check digit.
    public static let panCheckDigitInvalid = Self("panCheckDigitInvalid")
    /// The text is not a PAR, or not a PAR prefix.
    public static let parMalformed = Self("parMalformed")
    /// No tokenization key has the requested version.
    public static let keyVersionUnknown = Self("keyVersionUnknown")
    /// Two tokenization keys have the same version.
    public static let keyVersionRepeated = Self("keyVersionRepeated")
}
