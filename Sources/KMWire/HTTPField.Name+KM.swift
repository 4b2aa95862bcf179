public import HTTPTypes

extension HTTPField.Name {
    private static func named(_ name: String) -> Self {
        guard let name = Self(name) else { preconditionFailure("not a header name: \(name)") }
        return name
    }

    /// `X-KM-User-AspId`: who calls.
    public static let kmUserAspID = named("X-KM-User-AspId")
    /// `X-KM-Correlation-Id`: ties a response to its request.
    public static let kmCorrelationID = named("X-KM-Correlation-Id")
    /// `X-KM-Access-Key`: names the secret key of the token.
    public static let kmAccessKey = named("X-KM-Access-Key")
    /// `X-KM-Crypto-Key-Id`: names the key under which parameters are encrypted.
    public static let kmCryptoKeyID = named("X-KM-Crypto-Key-Id")
    /// `X-KM-Tran-Token`: proves the body's integrity.
    public static let kmTranToken = named("X-KM-Tran-Token")
    /// `X-KM-Tran-Time`: when the request was made.
    public static let kmTranTime = named("X-KM-Tran-Time")
    /// `X-KM-Time-Zone`: the zone of the request's times.
    public static let kmTimeZone = named("X-KM-Time-Zone")
}
