public import Foundation
public import HTTPTypes
public import KMPrimitives
public import Logging

/// The calling side of the API: makes requests ready to send, and opens the responses to them.
///
/// Make one for a set of credentials and keep it; it may be used from several tasks at once.
public struct ClientSecurity: Sendable {
    let aspID: AspID
    let accessKey: AccessKey?
    private let log: DecisionLog
    private let signer: TranTokenSigner
    private var cipher: ParameterCipher
    let timeZone: TimeZoneCode
    let profile: WireProfile
    private let clock: WallClock

    /// A client with the given credentials.
    ///
    /// - Parameters:
    ///   - aspID: X-KM-User-AspId.
    ///   - accessKey: X-KM-Access-Key, the name of `secretKey`; nil for the platform's end of callbacks, which have none.
    ///   - secretKey: what signs; ``SecretKey/isShort`` tells whether to warn of it.
    ///   - keyring: the keys; its primary one encrypts, or on callbacks the first one issued.
    ///   - timeZone: whose times the headers tell.
    ///   - profile: the dialect that is sent; both are understood.
    ///   - limits: how large a response may be.
    ///   - dataKeyCaching: how long content keys serve; nil for a fresh one with every message.
    ///   - logger: where decisions on responses are told: refusals at notice, success at debug. Nothing secret is among it.
    ///   - clock: the time.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public init(
        aspID: AspID,
        accessKey: AccessKey?,
        secretKey: SecretKey,
        keyring: CryptoKeyring,
        timeZone: TimeZoneCode = .utc,
        profile: WireProfile = .documented,
        limits: ParameterLimits = .standard,
        dataKeyCaching: DataKeyCaching? = nil,
        logger: Logger? = nil,
        clock: @escaping WallClock = { Date() }
    ) throws {
        self.aspID = aspID
        self.accessKey = accessKey
        self.signer = TranTokenSigner(secretKey)
        self.cipher = try ParameterCipher(
            keyring: keyring,
            profile: profile,
            limits: limits,
            dataKeyCaching: dataKeyCaching
        )
        self.timeZone = timeZone
        self.profile = profile
        log = DecisionLog(logger: logger)
        self.clock = clock
    }

    /// The keys.
    public var keyring: CryptoKeyring { cipher.keyring }

    /// This client with another ring, as after a step of a rotation, and with all else as it is.
    ///
    /// A data-key cache starts empty. Responses to requests that were sealed before open with either client, as long as
    /// the ring's key of the request may decrypt.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public func with(keyring: CryptoKeyring) throws -> ClientSecurity {
        var client = self
        client.cipher = try cipher.with(keyring: keyring)
        return client
    }

    /// A request ready to send: its body encrypted as asked for, then signed.
    ///
    /// - Parameters:
    ///   - parameters: one JSON text, whose bytes stay as they are; none for a request without a body.
    ///   - protection: what is done to them. X-KM-Crypto-Key-Id names the primary key, where there is one, in any case:
    ///     the response may be encrypted though the request is not.
    /// - Returns: headers and body to send as they are.
    /// - Throws: ``KMError`` `keyUnknown` where the keyring has no primary key to encrypt with; what
    ///   ``ParameterCipher/seal(_:_:under:at:correlationID:)`` throws; `headerInvalid` when the clock is outside the years 2000 to 2099.
    public func seal(_ parameters: [UInt8], protection: Protection = .message) throws -> SealedRequest {
        let date = clock()
        let keyID = accessKey == nil ? cipher.keyring.firstIssued?.id : cipher.keyring.primaryID
        return try seal(
            parameters,
            protection,
            under: keyID,
            stamp: RequestStamp(date: date, timeZone: timeZone),
            at: date
        )
    }

    /// A request ready to send that names a given key and carries a given stamp.
    ///
    /// - Parameters:
    ///   - parameters: one JSON text; none for a request without a body.
    ///   - protection: what is done to them.
    ///   - keyID: the value of X-KM-Crypto-Key-Id, and the key that encrypts; nil for no such header.
    ///   - stamp: the request's times and correlation id.
    ///   - date: when the key's certificate must be valid.
    /// - Returns: headers and body to send as they are.
    /// - Throws: ``KMError`` as ``seal(_:protection:)``.
    package func seal(
        _ parameters: [UInt8],
        _ protection: Protection,
        under keyID: CryptoKeyID?,
        stamp: RequestStamp,
        at date: Date
    ) throws -> SealedRequest {
        var body = parameters
        if protection != .none {
            guard let id = keyID else { throw KMError(.keyUnknown, "the keyring has no primary key to encrypt with") }
            body = try cipher.seal(parameters, protection, under: id, at: date, correlationID: stamp.correlationID)
        }
        let headers = RequestHeaders(
            aspID: aspID,
            accessKey: accessKey,
            cryptoKeyID: keyID,
            token: try signer.sign(body, at: stamp),
            stamp: stamp
        )
        return SealedRequest(requestHeaders: headers, headers: headers.httpFields(profile), body: body)
    }

    /// A request ready to send, as an endpoint's policy asks; see ``seal(_:protection:)``.
    ///
    /// - Throws: ``KMError`` as there.
    public func seal(_ parameters: [UInt8], policy: EndpointPolicy) throws -> SealedRequest {
        try seal(parameters, protection: policy.request.protection)
    }

    /// The parameters of a response (HTTP 200): its headers checked, its correlation id compared with the request's, its
    /// body decrypted.
    ///
    /// A response carries no token: that it decrypts shows that its sender knew a public key, and no more. Call this
    /// over TLS. Error replies are not encrypted: read them with ``PlatformResult/init(parsing:)``.
    ///
    /// - Parameters:
    ///   - headers: all fields of the response.
    ///   - body: its bytes as received.
    ///   - request: what it answers.
    ///   - protection: what is due; a body that is not so protected is refused.
    /// - Returns: the headers and the parameters, byte for byte as they were sealed.
    /// - Throws: ``KMError`` `headerMissing`, `headerRepeated`, `headerInvalid`; `correlationMismatch`; `limitExceeded`;
    ///   what ``ParameterCipher/open(_:_:under:correlationID:)`` throws.
    public func open(
        _ headers: HTTPFields,
        _ body: [UInt8],
        answering request: SealedRequest,
        protection: Protection = .message
    ) throws -> OpenedResponse {
        try open(headers, body, answering: request, rule: EndpointPolicy.Rule(protection))
    }

    /// The parameters of a response, as an endpoint's policy asks; see ``open(_:_:answering:protection:)``.
    ///
    /// - Throws: ``KMError`` as there.
    public func open(
        _ headers: HTTPFields,
        _ body: [UInt8],
        answering request: SealedRequest,
        policy: EndpointPolicy
    ) throws -> OpenedResponse {
        try open(headers, body, answering: request, rule: policy.response)
    }

    private func open(
        _ headers: HTTPFields,
        _ body: [UInt8],
        answering request: SealedRequest,
        rule: EndpointPolicy.Rule
    ) throws -> OpenedResponse {
        try log.decision(.response, headers) {
            try cipher.limits.check(body)
            let responseHeaders = try ResponseHeaders(headers)
            guard responseHeaders.correlationID == request.requestHeaders.correlationID else {
                throw KMError(.correlationMismatch, "the response's correlation id differs from the request's")
            }
            let id = responseHeaders.cryptoKeyID ?? request.requestHeaders.cryptoKeyID
            let examined = try cipher.examine(body, rule, id, correlationID: responseHeaders.correlationID)
            return OpenedResponse(headers: responseHeaders, parameters: try cipher.open(examined))
        }
    }
}

/// A request ready to send.
public struct SealedRequest: Sendable {
    /// The platform's headers by their types.
    public let requestHeaders: RequestHeaders
    /// The platform's headers as fields; add `Content-Type: application/json` and what your HTTP client needs.
    public let headers: HTTPFields
    /// The body.
    ///
    /// Send these very bytes: the token is theirs.
    public let body: [UInt8]
}

/// A response, checked and decrypted.
public struct OpenedResponse: Sendable {
    /// The platform's headers.
    public let headers: ResponseHeaders
    /// One JSON text, as the sender wrote it.
    public let parameters: [UInt8]
}

extension KMError.Code {
    /// A response whose correlation id is not that of the request it is to answer.
    public static let correlationMismatch = Self("correlationMismatch")
}
