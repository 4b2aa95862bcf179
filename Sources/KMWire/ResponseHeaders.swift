public import HTTPTypes

/// The headers of a response.
///
/// It carries no token: nothing in it proves who sent it.
public struct ResponseHeaders: Sendable, Hashable {
    /// X-KM-Correlation-Id: the request's.
    public let correlationID: CorrelationID
    /// X-KM-Crypto-Key-Id.
    public let cryptoKeyID: CryptoKeyID?

    package init(correlationID: CorrelationID, cryptoKeyID: CryptoKeyID?) {
        self.correlationID = correlationID
        self.cryptoKeyID = cryptoKeyID
    }

    /// Reads and checks the headers of a response.
    ///
    /// Other headers are passed over; names have no case.
    ///
    /// - Throws: ``KMError`` `headerMissing`, `headerRepeated` or `headerInvalid`.
    public init(_ fields: HTTPFields) throws {
        correlationID = try fields.required(CorrelationID.self)
        cryptoKeyID = try fields.optional(CryptoKeyID.self)
    }

    /// The fields to send.
    public var httpFields: HTTPFields {
        var fields = HTTPFields()
        fields.set(correlationID)
        if let cryptoKeyID { fields.set(cryptoKeyID) }
        return fields
    }
}
