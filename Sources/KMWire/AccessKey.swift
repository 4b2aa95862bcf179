public import HTTPTypes

/// The value of X-KM-Access-Key, which names the secret key that signs the token.
///
/// It has 40 visible ASCII characters (0x21 to 0x7E) and is not itself a secret.
public struct AccessKey: HeaderValue {
    /// The header name, X-KM-Access-Key.
    public static let headerName = HTTPField.Name.kmAccessKey

    /// The header's text, 40 characters.
    public let text: String

    /// Creates an access key from the header's text.
    ///
    /// - Throws: ``KMError`` `headerInvalid` when `text` is not 40 visible ASCII characters.
    public init(_ text: String) throws {
        try Self.check(text, count: 40, "visible ASCII characters") { (0x21...0x7E).contains($0) }
        self.text = text
    }
}
