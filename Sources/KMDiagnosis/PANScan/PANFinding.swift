/// An unencrypted card number in a text, and where it is.
///
/// You can log and store a finding safely, because the number is masked, and so are card numbers in the path.
public struct PANFinding: Sendable, Hashable {
    /// The bytes of the number, including separators and escapes, as offsets from the start of the text.
    public let byteRange: Range<Int>
    /// The line, counted from 1.
    public let line: Int
    /// The column, counted from 1.
    ///
    /// Columns are bytes. In a text that begins with a UTF-16 byte order mark, they are units of 16 bits.
    public let column: Int
    /// The number, masked in the same way as ``PAN/masked(leading:)``.
    public let masked: String
    /// The number of digits.
    public let digitCount: Int
    /// The name of the ``IssuerRange`` that contains the number.
    ///
    /// It is nil if the scanner was created without ranges and no known range contains the number.
    public let issuer: String?
    /// The JSON path of the string, number or member name that contains the card number.
    ///
    /// It is nil unless the text or its line is a JSON object or array; see ``PANScanner``. It is an RFC 9535 path with
    /// plain names in dot form, such as `$.issuedCardList[0].digital.cardNo`. Card numbers in names are masked, and
    /// long names are cut. In a path longer than about 1 KiB, an ellipsis replaces the steps in the middle.
    public let jsonPath: String?
}
