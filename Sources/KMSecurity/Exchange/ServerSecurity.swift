public import Foundation
public import HTTPTypes
public import KMPrimitives

/// The answering side of the API: opens requests, once it is known that they are whole, fresh and of whom they say, and
/// seals the answers.
///
/// Make one and keep it; it may be used from several tasks at once.
public struct ServerSecurity: Sendable {
    private let credentials: any CredentialSource
    private let cipher: ParameterCipher
    private let tolerance: TranTokenVerifier.Tolerance
    private let clock: WallClock
    /// Stands in where an access key is unknown, so that the answer takes as long.
    private let nobodysKey: SecretKey

    /// A server.
    ///
    /// - Parameters:
    ///   - credentials: where access keys lead to secret keys.
    ///   - keyring: the keys. Requests name theirs, and are answered under the same.
    ///   - profile: the dialect of what is sent; both are understood.
    ///   - tolerance: how near a token's time must be.
    ///   - limits: how large a request may be.
    ///   - dataKeyCaching: how long content keys serve; nil for a fresh one with every message.
    ///   - clock: the time.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public init(
        credentials: any CredentialSource,
        keyring: CryptoKeyring,
        profile: WireProfile = .documented,
        tolerance: TranTokenVerifier.Tolerance = .standard,
        limits: ParameterLimits = .standard,
        dataKeyCaching: DataKeyCaching? = nil,
        clock: @escaping WallClock = { Date() }
    ) throws {
        self.credentials = credentials
        self.cipher = try ParameterCipher(
            keyring: keyring,
            profile: profile,
            limits: limits,
            dataKeyCaching: dataKeyCaching
        )
        self.tolerance = tolerance
        self.clock = clock
        self.nobodysKey = try SecretKey(SecretBytes(randomCount: SecretKey.recommendedByteCount))
    }

    /// The parameters of a request.
    ///
    /// What is checked, in this order, nothing later where something earlier fails: the body's size; each header's form;
    /// the token's time against X-KM-Tran-Time; the access key; the token over the body's bytes; the token's age; only
    /// then is anything decrypted. A copy of a request within the tolerance passes again.
    ///
    /// - Parameters:
    ///   - headers: all fields of the request.
    ///   - body: its bytes as received, before anything has parsed or re-encoded them.
    ///   - protection: what is due; a body that is not so protected is refused.
    /// - Returns: the headers and the parameters, byte for byte as they were sealed.
    /// - Throws: ``KMError`` `limitExceeded`; what ``RequestHeaders/init(_:)`` throws; `accessKeyUnknown`;
    ///   `tokenMismatch`; `tokenStale`; `headerMissing` where the body should be encrypted and no key is named; what
    ///   ``ParameterCipher/open(_:_:under:correlationID:)`` throws. Errors of the credential source pass through.
    public func open(
        _ headers: HTTPFields,
        _ body: [UInt8],
        protection: Protection = .message
    ) async throws -> OpenedCall {
        try await open(headers, body, rule: EndpointPolicy.Rule(protection))
    }

    /// The parameters of a request, as an endpoint's policy asks; see ``open(_:_:protection:)``.
    ///
    /// - Throws: ``KMError`` as there.
    public func open(_ headers: HTTPFields, _ body: [UInt8], policy: EndpointPolicy) async throws -> OpenedCall {
        try await open(headers, body, rule: policy.request)
    }

    private func open(
        _ headers: HTTPFields,
        _ body: [UInt8],
        rule: EndpointPolicy.Rule
    ) async throws -> OpenedCall {
        try cipher.limits.check(body)
        let requestHeaders = try RequestHeaders(headers)
        guard let accessKey = requestHeaders.accessKey else { throw HTTPFields.missing(.kmAccessKey) }
        let secretKeys = try await credentials.secretKeys(for: accessKey)
        try verify(requestHeaders, body, secretKeys)
        let parameters = try cipher.open(
            body,
            rule,
            requestHeaders.cryptoKeyID,
            correlationID: requestHeaders.correlationID
        )
        return OpenedCall(headers: requestHeaders, parameters: parameters)
    }

    private func verify(_ headers: RequestHeaders, _ body: [UInt8], _ secretKeys: [SecretKey]) throws {
        let token = headers.token
        var matches = false
        for secretKey in secretKeys.isEmpty ? [nobodysKey] : secretKeys {
            matches = try secretKey.hmac.isValid(token.mac, for: body.span) || matches
        }
        guard !secretKeys.isEmpty else {
            throw KMError(.accessKeyUnknown, "X-KM-Access-Key names no secret key")
        }
        guard matches else {
            throw KMError(.tokenMismatch, "the token is not of this body under the access key's secret")
        }
        try TranTokenVerifier.checkFreshness(
            of: token,
            timeZone: headers.timeZone,
            at: clock(),
            tolerance: tolerance
        )
    }

    /// The response to a call, ready to send with HTTP 200, encrypted as asked for.
    ///
    /// - Parameters:
    ///   - parameters: one JSON text, whose bytes stay as they are.
    ///   - call: what it answers: its correlation id is echoed, and the key that it named encrypts.
    ///   - protection: what is done to them.
    /// - Returns: headers and body to send as they are.
    /// - Throws: ``KMError`` `keyUnknown` where the call named no key and the ring has no primary one; what
    ///   ``ParameterCipher/seal(_:_:under:at:correlationID:)`` throws.
    public func seal(
        _ parameters: [UInt8],
        answering call: OpenedCall,
        protection: Protection = .message
    ) throws -> SealedResponse {
        let correlationID = call.headers.correlationID
        guard protection != .none else { return SealedResponse(correlationID, nil, parameters) }
        guard let id = call.headers.cryptoKeyID ?? cipher.keyring.primaryID else {
            throw KMError(.keyUnknown, "the call names no key, and the ring has no primary one")
        }
        let body = try cipher.seal(parameters, protection, under: id, at: clock(), correlationID: correlationID)
        return SealedResponse(correlationID, id, body)
    }

    /// The response to a call, as an endpoint's policy asks; see ``seal(_:answering:protection:)``.
    ///
    /// - Throws: ``KMError`` as there.
    public func seal(
        _ parameters: [UInt8],
        answering call: OpenedCall,
        policy: EndpointPolicy
    ) throws -> SealedResponse {
        try seal(parameters, answering: call, protection: policy.response.protection)
    }

    /// The error reply to a request, to send with HTTP 400; it is not encrypted.
    ///
    /// - Parameters:
    ///   - result: what to say, e.g. ``PlatformResult/invalidInputParameter``.
    ///   - headers: the request's fields; a correlation id of the right form is echoed.
    /// - Returns: headers and body to send as they are.
    public func refuse(_ result: PlatformResult, answering headers: HTTPFields) -> SealedResponse {
        SealedResponse(try? headers.required(CorrelationID.self), nil, result.body)
    }
}

/// A request, verified and decrypted.
public struct OpenedCall: Sendable {
    /// The platform's headers.
    public let headers: RequestHeaders
    /// One JSON text, as the sender wrote it; empty for a request without a body.
    public let parameters: [UInt8]
}

/// A response ready to send.
public struct SealedResponse: Sendable {
    /// The platform's headers; add `Content-Type: application/json`.
    public let headers: HTTPFields
    /// The body.
    public let body: [UInt8]

    init(_ correlationID: CorrelationID?, _ cryptoKeyID: CryptoKeyID?, _ body: [UInt8]) {
        headers = correlationID.map { ResponseHeaders(correlationID: $0, cryptoKeyID: cryptoKeyID).httpFields } ?? [:]
        self.body = body
    }
}

extension KMError.Code {
    /// X-KM-Access-Key names no secret key that is known here.
    public static let accessKeyUnknown = Self("accessKeyUnknown")
}
