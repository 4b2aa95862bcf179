public import HTTPTypes
internal import KMPrimitives

/// X-KM-Crypto-Key-Id: the name of the key under which parameters are encrypted; 32 ASCII letters, digits, `-` and `_`.
///
/// The platform documents the length alone and hands out lower-case hexadecimal digits. Ids are compared as they are:
/// `A` is not `a`.
public struct CryptoKeyID: HeaderValue {
    /// X-KM-Crypto-Key-Id.
    public static let headerName = HTTPField.Name.kmCryptoKeyID

    /// 32 characters.
    public let text: String

    /// Checks and takes an id.
    ///
    /// - Throws: ``KMError`` `headerInvalid`.
    public init(_ text: String) throws {
        try Self.check(text, count: 32, "the ASCII letters, digits, - and _") {
            $0.isAlphanumeric || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        self.text = text
    }

    /// A new id of 32 lower-case hexadecimal digits, 128 random bits.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public static func random() throws -> CryptoKeyID {
        try CryptoKeyID(hexadecimal(SecureRandom.bytes(16)))
    }
}
