public import HTTPTypes

/// X-KM-Access-Key: the name of the secret key that made the token; 40 visible ASCII characters.
///
/// It is no secret itself.
public struct AccessKey: HeaderValue {
    /// X-KM-Access-Key.
    public static let headerName = HTTPField.Name.kmAccessKey

    /// 40 characters.
    public let text: String

    /// Checks and takes a name.
    ///
    /// - Throws: ``KMError`` `headerInvalid`.
    public init(_ text: String) throws {
        try Self.check(text, count: 40, "the visible ASCII characters") { (0x21...0x7E).contains($0) }
        self.text = text
    }
}
