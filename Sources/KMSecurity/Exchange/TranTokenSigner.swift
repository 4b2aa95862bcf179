internal import KMPrimitives

/// Makes tokens under one secret key.
///
/// It may be used from several tasks at once.
public struct TranTokenSigner: Sendable {
    private let secretKey: SecretKey

    /// Signs with `secretKey`.
    public init(_ secretKey: SecretKey) {
        self.secretKey = secretKey
    }

    /// The token of a body, as it will be sent: encrypted first, where it is to be encrypted.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public func sign(_ body: Span<UInt8>, at stamp: RequestStamp) throws -> TranToken {
        TranToken(time: stamp.time, mac: try secretKey.hmac.authenticate(body))
    }

    /// The token of a body; see ``sign(_:at:)-(Span<UInt8>,_)``.
    ///
    /// - Throws: ``KMError`` as there.
    public func sign(_ body: [UInt8], at stamp: RequestStamp) throws -> TranToken {
        try sign(body.span, at: stamp)
    }
}
