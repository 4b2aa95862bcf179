/// A place where a card number stands in the clear.
///
/// It is safe to log and to keep: the number is masked, and so are numbers in the path.
public struct PANFinding: Sendable, Hashable {
    /// Where the number stands: offsets of bytes from the start of the text, from 0, separators and escapes included.
    public let byteRange: Range<Int>
    /// The line, from 1.
    public let line: Int
    /// The column, from 1: bytes, or in a text that begins with UTF-16's byte order mark, units of 16 bits.
    public let column: Int
    /// The number, masked as ``PAN/masked(leading:)`` does.
    public let masked: String
    /// How many digits it has.
    public let digitCount: Int
    /// The range of ``IssuerRange`` that it is in, by its name; nil where none was asked for and none is known.
    public let issuer: String?
    /// The path of the string, number or member name, where the text or its line is a JSON object or array; see
    /// ``PANScanner``.
    ///
    /// It is an RFC 9535 path with plain names in dot form, `$.issuedCardList[0].digital.cardNo`. A card number in a name
    /// is masked, and a long name cut; of a path of more than 1 KiB or so, an ellipsis stands for the steps in its middle.
    public let jsonPath: String?
}
