public import HTTPTypes

/// A response ready to send.
public struct SealedResponse: Sendable {
    /// The HTTP status: 200, 400 for a rejected request, or 500 for a fault on the server's side.
    public let status: HTTPResponse.Status
    /// The platform's headers; add `Content-Type: application/json`.
    public let headers: HTTPFields
    /// The body.
    public let body: [UInt8]

    init(
        _ status: HTTPResponse.Status,
        _ correlationID: CorrelationID?,
        _ cryptoKeyID: CryptoKeyID?,
        _ body: [UInt8]
    ) {
        self.status = status
        headers = correlationID.map { ResponseHeaders(correlationID: $0, cryptoKeyID: cryptoKeyID).httpFields } ?? [:]
        self.body = body
    }
}
