public import HTTPTypes
internal import KMPrimitives

/// X-KM-User-AspId: the service provider's id, given by contract; 15 ASCII letters and digits, e.g.
///
/// `000170000000000`.
///
/// The platform documents the length alone and hands out digits; letters are taken too.
public struct AspID: HeaderValue {
    /// X-KM-User-AspId.
    public static let headerName = HTTPField.Name.kmUserAspID

    /// 15 characters.
    public let text: String

    /// Checks and takes an id.
    ///
    /// - Throws: ``KMError`` `headerInvalid`.
    public init(_ text: String) throws {
        try Self.check(text, count: 15, "the ASCII letters and digits", allowed: \.isAlphanumeric)
        self.text = text
    }
}
