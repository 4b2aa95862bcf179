/// A request that a server authenticated, checked and decrypted.
public struct OpenedRequest: Sendable {
    /// The endpoint that the request was sent to, which also says how the answer must be protected.
    public let endpoint: Endpoint
    /// The platform's headers.
    ///
    /// The token proves the access key. It proves the ASP id and the crypto key id only if the ``Credential`` names
    /// them. It does not prove the times and the correlation id.
    public let headers: RequestHeaders
    /// The name of the credential whose secret key made the token.
    public let credentialName: String
    /// The parameters, byte for byte as the sender wrote them.
    ///
    /// They are one JSON text. For a plain request, they are the body as received, which is not checked.
    public let parameters: [UInt8]
    /// The key that encrypts the answer; nil if the request named none and its credential may not use the primary one.
    let keyID: CryptoKeyID?
    /// The cipher that opened the request and also seals the answer, even if the keyring has changed since; nil in a
    /// test.
    let cipher: ParameterCipher?

    /// Creates a request for a test of your own handler.
    ///
    /// A server creates one only after all checks.
    ///
    /// - Parameters:
    ///   - endpoint: The endpoint.
    ///   - headers: The platform's headers.
    ///   - credentialName: The name of the credential.
    ///   - parameters: One JSON text.
    public init(endpoint: Endpoint, headers: RequestHeaders, credentialName: String, parameters: [UInt8]) {
        self.init(endpoint, headers, credentialName, parameters, headers.cryptoKeyID, nil)
    }

    /// Returns this request with another endpoint, to seal an answer by another rule.
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
