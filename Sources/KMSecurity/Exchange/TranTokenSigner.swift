internal import KMPrimitives

/// Makes tokens (X-KM-Tran-Token) under one secret key.
///
/// Several tasks can use it at the same time.
public struct TranTokenSigner: Sendable {
    private let secretKey: SecretKey

    /// Creates a signer.
    public init(_ secretKey: SecretKey) {
        self.secretKey = secretKey
    }

    /// Returns the token of a body.
    ///
    /// - Parameters:
    ///   - body: The bytes to send, after encryption.
    ///   - stamp: The time of the token.
    /// - Returns: The token.
    /// - Throws: ``KMError`` `cryptographyUnavailable`; `secretKeyElsewhere` if the secret key is in a device.
    public func sign(_ body: Span<UInt8>, at stamp: RequestStamp) throws -> TranToken {
        TranToken(time: stamp.time, mac: try secretKey.hmac.authenticate(body))
    }

    /// Returns the token of a body; see ``sign(_:at:)-(Span<UInt8>,_)``.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`; `secretKeyElsewhere` if the secret key is in a device.
    public func sign(_ body: [UInt8], at stamp: RequestStamp) throws -> TranToken {
        try sign(body.span, at: stamp)
    }
}
