public import HTTPTypes

/// The headers of a response.
///
/// A response carries no token, so its headers do not prove who sent it.
public struct ResponseHeaders: Sendable, Hashable {
    /// X-KM-Correlation-Id, repeated from the request.
    public let correlationID: CorrelationID
    /// X-KM-Crypto-Key-Id; nil if the header is absent.
    public let cryptoKeyID: CryptoKeyID?

    package init(correlationID: CorrelationID, cryptoKeyID: CryptoKeyID?) {
        self.correlationID = correlationID
        self.cryptoKeyID = cryptoKeyID
    }

    /// Parses and validates the headers of a response.
    ///
    /// Header names are not case-sensitive, and other headers are ignored.
    ///
    /// - Throws: ``KMError`` `headerMissing`, `headerRepeated` or `headerInvalid`.
    public init(_ fields: HTTPFields) throws {
        correlationID = try fields.required(CorrelationID.self)
        cryptoKeyID = try fields.optional(CryptoKeyID.self)
    }

    /// The header fields to send.
    public var httpFields: HTTPFields {
        var fields = HTTPFields()
        fields.set(correlationID)
        if let cryptoKeyID { fields.set(cryptoKeyID) }
        return fields
    }
}
