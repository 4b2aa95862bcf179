/// A request that a server authenticated, checked and decrypted.
public struct OpenedRequest: Sendable {
    /// The endpoint that it was sent to; the answer is sealed by its rule.
    public let endpoint: Endpoint
    /// The platform's headers.
    ///
    /// The token proves the access key. It proves the ASP id and the crypto key id only if the ``Credential`` names them. It
    /// does not prove the times and the correlation id.
    public let headers: RequestHeaders
    /// The name of the credential whose secret key made the token.
    public let credentialName: String
    /// One JSON text, byte for byte as the sender wrote it; of a plain request, the body as received, whatever it is.
    public let parameters: [UInt8]
    /// The key that the request named, or for a callback without one, the active key that was issued first.
    let keyID: CryptoKeyID?
    /// The cipher that opened it, which seals the answer too, whatever became of the keyring since; nil in a test.
    let cipher: ParameterCipher?

    /// Creates a request for a test of your own handler. A server creates one only after all checks.
    ///
    /// - Parameters:
    ///   - endpoint: The endpoint.
    ///   - headers: The platform's headers.
    ///   - credentialName: The name of the credential.
    ///   - parameters: One JSON text.
    public init(endpoint: Endpoint, headers: RequestHeaders, credentialName: String, parameters: [UInt8]) {
        self.init(endpoint, headers, credentialName, parameters, headers.cryptoKeyID, nil)
    }

    /// This request with another endpoint, to seal an answer by another rule.
    package func with(endpoint: Endpoint) -> OpenedRequest {
        OpenedRequest(endpoint, headers, credentialName, parameters, keyID, cipher)
    }

    init(
        _ endpoint: Endpoint,
        _ headers: RequestHeaders,
        _ credentialName: String,
        _ parameters: [UInt8],
        _ keyID: CryptoKeyID?,
        _ cipher: ParameterCipher?
    ) {
        self.endpoint = endpoint
        self.headers = headers
        self.credentialName = credentialName
        self.parameters = parameters
        self.keyID = keyID
        self.cipher = cipher
    }
}
