public import HTTPTypes
internal import KMPrimitives

/// The headers of a request, either a service provider's call or a callback from the platform.
///
/// A callback has no access key.
public struct RequestHeaders: Sendable {
    /// X-KM-User-AspId.
    public let aspID: AspID
    /// X-KM-Correlation-Id.
    public let correlationID: CorrelationID
    /// X-KM-Access-Key; nil on callbacks.
    public let accessKey: AccessKey?
    /// X-KM-Crypto-Key-Id; required when parameters are encrypted.
    public let cryptoKeyID: CryptoKeyID?
    /// X-KM-Tran-Token.
    public let token: TranToken
    /// X-KM-Tran-Time.
    public let tranTime: TranTime
    /// X-KM-Time-Zone.
    public let timeZone: TimeZoneCode

    package init(
        aspID: AspID,
        accessKey: AccessKey?,
        cryptoKeyID: CryptoKeyID?,
        token: TranToken,
        stamp: RequestStamp
    ) {
        self.aspID = aspID
        self.correlationID = stamp.correlationID
        self.accessKey = accessKey
        self.cryptoKeyID = cryptoKeyID
        self.token = token
        self.tranTime = stamp.tranTime
        self.timeZone = stamp.timeZone
    }

    /// Parses and validates the headers of a request.
    ///
    /// The token's time and X-KM-Tran-Time must be the same second. Header names are not case-sensitive, and other
    /// headers are ignored. The token's MAC is not verified here.
    ///
    /// - Throws: ``KMError`` `headerMissing`, `headerRepeated` or `headerInvalid`, whose detail names the header;
    ///   `tokenMalformed`, `timeZoneUnknown` or `timeMismatch`.
    public init(_ fields: HTTPFields) throws {
        aspID = try fields.required(AspID.self)
        correlationID = try fields.required(CorrelationID.self)
        accessKey = try fields.optional(AccessKey.self)
        cryptoKeyID = try fields.optional(CryptoKeyID.self)
        guard let token = try fields.single(TranToken.headerName) else {
            throw HTTPFields.missing(TranToken.headerName)
        }
        self.token = try TranToken(token)
        tranTime = try fields.required(TranTime.self)
        timeZone = try fields.required(TimeZoneCode.self)
        guard self.token.time.toTheSecond == tranTime.time else {
            throw KMError(.timeMismatch, "the token's time and X-KM-Tran-Time must be the same second")
        }
    }

    /// Creates the header fields to send.
    ///
    /// The token field is marked so that HTTP/2 and HTTP/3 header compression does not store it in its tables.
    ///
    /// - Parameter profile: The wire profile that decides whether the token has its Base64 pad.
    /// - Returns: The header fields.
    public func httpFields(_ profile: WireProfile = .documented) -> HTTPFields {
        var fields = HTTPFields()
        fields.set(aspID)
        fields.set(correlationID)
        if let accessKey { fields.set(accessKey) }
        if let cryptoKeyID { fields.set(cryptoKeyID) }
        var field = HTTPField(name: TranToken.headerName, value: token.text(profile))
        field.indexingStrategy = .disallow
        fields.append(field)
        fields.set(tranTime)
        fields.set(timeZone)
        return fields
    }
}
