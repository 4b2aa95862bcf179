/// A request, verified and decrypted.
public struct OpenedCall: Sendable {
    /// The platform's headers.
    ///
    /// Of these the token proves the access key alone, and the ASP id and the crypto key id where the ``Credential`` says
    /// which are its own. Times and the correlation id are the sender's word.
    public let headers: RequestHeaders
    /// The name of the credential whose secret made the token.
    public let credentialName: String
    /// One JSON text, as the sender wrote it; at ``Protection/none`` the body as it came, whatever it is.
    public let parameters: [UInt8]
    /// The key that the call named, or on a callback the first one issued.
    let keyID: CryptoKeyID?

    /// Creates a call, for a test of your own handler.
    ///
    /// A server creates one only after all checks.
    ///
    /// - Parameters:
    ///   - headers: The platform's headers.
    ///   - credentialName: The name of the credential.
    ///   - parameters: One JSON text.
    public init(headers: RequestHeaders, credentialName: String, parameters: [UInt8]) {
        self.init(headers: headers, credentialName: credentialName, parameters: parameters, keyID: headers.cryptoKeyID)
    }

    init(headers: RequestHeaders, credentialName: String, parameters: [UInt8], keyID: CryptoKeyID?) {
        self.headers = headers
        self.credentialName = credentialName
        self.parameters = parameters
        self.keyID = keyID
    }
}
