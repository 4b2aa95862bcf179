public import HTTPTypes

extension HTTPField.Name {
    /// Returns the name of a header, which must be a valid one.
    package static func named(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("not a header name: \(name)") }
        return name
    }

    /// `X-KM-User-AspId`: identifies the service provider.
    public static let kmUserAspID = named("X-KM-User-AspId")
    /// `X-KM-Correlation-Id`: ties a response to its request.
    public static let kmCorrelationID = named("X-KM-Correlation-Id")
    /// `X-KM-Access-Key`: names the secret key that signs the token.
    public static let kmAccessKey = named("X-KM-Access-Key")
    /// `X-KM-Crypto-Key-Id`: names the key that parameters are encrypted with.
    public static let kmCryptoKeyID = named("X-KM-Crypto-Key-Id")
    /// `X-KM-Tran-Token`: authenticates the body.
    public static let kmTranToken = named("X-KM-Tran-Token")
    /// `X-KM-Tran-Time`: the time of the request.
    public static let kmTranTime = named("X-KM-Tran-Time")
    /// `X-KM-Time-Zone`: the time zone of the request's times.
    public static let kmTimeZone = named("X-KM-Time-Zone")
}
