public import HTTPTypes
internal import KMPrimitives

/// The headers of a request: a call, or a callback of the platform, which has no access key.
public struct RequestHeaders: Sendable {
    /// X-KM-User-AspId.
    public let aspID: AspID
    /// X-KM-Correlation-Id.
    public let correlationID: CorrelationID
    /// X-KM-Access-Key; nil on callbacks.
    public let accessKey: AccessKey?
    /// X-KM-Crypto-Key-Id; required where parameters are encrypted.
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

    /// Reads and checks the headers of a request, each by itself and the token's time against X-KM-Tran-Time.
    ///
    /// Other headers are passed over; names have no case.
    ///
    /// - Throws: ``KMError`` `headerMissing`, `headerRepeated`, `headerInvalid`, `tokenMalformed`, `timeZoneUnknown`, or
    ///   `timeMismatch`.
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
            throw KMError(.timeMismatch, "the token's time is not that of X-KM-Tran-Time to the second")
        }
    }

    /// The fields to send, the token in the form of `profile` and kept out of header compression's tables.
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
