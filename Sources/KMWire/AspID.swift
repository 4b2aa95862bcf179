public import HTTPTypes
internal import KMPrimitives

/// The value of X-KM-User-AspId, the id that the service provider receives with its contract.
///
/// It has 15 ASCII letters and digits, such as `000170000000000`. The platform documents only the length, and issues
/// digits; this type accepts letters too.
public struct AspID: HeaderValue {
    /// The header name, X-KM-User-AspId.
    public static let headerName = HTTPField.Name.kmUserAspID

    /// The header's text, 15 characters.
    public let text: String

    /// Creates an id from the header's text.
    ///
    /// - Throws: ``KMError`` `headerInvalid` when `text` is not 15 ASCII letters and digits.
    public init(_ text: String) throws {
        try Self.check(text, count: 15, "ASCII letters and digits", allowed: \.isAlphanumeric)
        self.text = text
    }
}
