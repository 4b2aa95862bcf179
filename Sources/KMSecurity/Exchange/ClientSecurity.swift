public import Foundation
public import HTTPTypes
public import KMPrimitives
public import Logging

/// The calling end of the API: seals requests and opens the responses to them.
///
/// Create one for each set of credentials and keep it. You can use it from several tasks at once.
public struct ClientSecurity: Sendable {
    /// The party that calls.
    public enum Party: Sendable, Hashable {
        /// A service provider, which signs its calls under the secret key that an access key names.
        case serviceProvider(AccessKey)
        /// The platform, which calls a service provider back.
        ///
        /// Callbacks have no access key, and use the active crypto key that was issued first.
        case platform
    }

    /// The options of a client.
    public struct Configuration: Sendable {
        /// The zone of the times in the headers.
        public var timeZone: TimeZoneCode
        /// The form of tokens and encrypted bodies that the client sends; it accepts both forms.
        public var profile: WireProfile
        /// The largest response that the client accepts.
        public var limits: ParameterLimits
        /// The bounds of a data-key cache; nil for a new content encryption key with every message.
        public var dataKeyCaching: DataKeyCaching?

        /// Creates options.
        public init(
            timeZone: TimeZoneCode = .utc,
            profile: WireProfile = .documented,
            limits: ParameterLimits = .standard,
            dataKeyCaching: DataKeyCaching? = nil
        ) {
            self.timeZone = timeZone
            self.profile = profile
            self.limits = limits
            self.dataKeyCaching = dataKeyCaching
        }
    }

    /// The party that calls.
    public let party: Party
    /// The value of X-KM-User-AspId.
    public let aspID: AspID
    /// The options.
    public let configuration: Configuration
    private let observer: DecisionObserver
    private let secretKey: SecretKey
    private var ciphers: CipherSource
    private let clock: WallClock
    private let census: KeyCensus?

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - party: The party that calls.
    ///   - aspID: The value of X-KM-User-AspId.
    ///   - secretKey: The secret key that signs. Warn about it if it is ``SecretKey/isShort``.
    ///   - keyring: The source of the keys. The primary key encrypts requests. Callbacks use the active key that was
    ///     issued first.
    ///   - configuration: The options.
    ///   - logger: The logger that receives accepted responses at debug level and rejected ones at notice level,
    ///     without secrets.
    ///   - clock: The source of the current time.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public init(
        party: Party,
        aspID: AspID,
        secretKey: SecretKey,
        keyring: any KeyringSource,
        configuration: Configuration = Configuration(),
        logger: Logger? = nil,
        clock: @escaping WallClock = { Date() }
    ) throws {
        self.party = party
        self.aspID = aspID
        self.configuration = configuration
        self.secretKey = secretKey
        ciphers = try CipherSource(
            keyring,
            configuration.profile,
            configuration.limits,
            configuration.dataKeyCaching
        )
        observer = DecisionObserver(logger: logger)
        self.clock = clock
        census = keyring.census
    }

    /// The current keyring.
    public var keyring: CryptoKeyring { ciphers.keyring }

    var accessKey: AccessKey? {
        if case .serviceProvider(let accessKey) = party { accessKey } else { nil }
    }

    /// Seals a request: encrypts its parameters as the endpoint requires, then signs the body.
    ///
    /// The method suspends only if the secret key is not in memory: see ``SecretKey/init(elsewhere:)``.
    ///
    /// - Parameters:
    ///   - parameters: One JSON text, whose bytes are not changed; empty for a request without a body.
    ///   - endpoint: The endpoint. X-KM-Crypto-Key-Id is sent even if the request is plain, because the response may be
    ///     encrypted.
    /// - Returns: The headers and the body to send.
    /// - Throws: ``KMError`` `keyUnknown` if the keyring has no primary key to encrypt with; what
    ///   ``ParameterCipher/seal(_:_:under:at:correlationID:)`` throws; `headerInvalid` if the clock is outside the
    ///   years 2000 to 2099. For a secret key that is elsewhere, the errors of its device, within a ``DeviceFailure``
    ///   if they are a ``KMError``.
    nonisolated(nonsending) public func seal(
        _ parameters: [UInt8],
        for endpoint: Endpoint
    ) async throws -> SealedRequest {
        let choice = try choice(for: endpoint)
        return try await observer.sealing(.request) {
            let draft = try draft(parameters, endpoint, choice)
            return finish(draft, mac: try await secretKey.authenticate(draft.body))
        }
    }

    /// Seals a request with a secret key in memory, for callers that are not asynchronous.
    ///
    /// - Throws: ``KMError`` as ``seal(_:for:)``, and `secretKeyElsewhere`.
    package func sealLocally(_ parameters: [UInt8], for endpoint: Endpoint) throws -> SealedRequest {
        try sealLocally(parameters, endpoint, choice(for: endpoint))
    }

    /// Seals a request that names a given key and carries a given stamp, with a secret key in memory.
    ///
    /// - Parameters:
    ///   - parameters: One JSON text; empty for a request without a body.
    ///   - endpoint: The endpoint.
    ///   - keyID: The value of X-KM-Crypto-Key-Id, and the key that encrypts; nil for no such header.
    ///   - stamp: The request's times and correlation id.
    ///   - date: The date at which the key's certificate must be valid.
    /// - Returns: The headers and the body to send.
    /// - Throws: ``KMError`` as ``sealLocally(_:for:)``.
    package func sealLocally(
        _ parameters: [UInt8],
        for endpoint: Endpoint,
        under keyID: CryptoKeyID?,
        stamp: RequestStamp,
        at date: Date
    ) throws -> SealedRequest {
        let choice = Choice(cipher: try ciphers.current(), keyID: keyID, stamp: stamp, date: date)
        return try sealLocally(parameters, endpoint, choice)
    }

    private func sealLocally(
        _ parameters: [UInt8],
        _ endpoint: Endpoint,
        _ choice: Choice
    ) throws -> SealedRequest {
        try observer.sealing(.request) {
            let draft = try draft(parameters, endpoint, choice)
            return finish(draft, mac: try secretKey.hmac.authenticate(draft.body))
        }
    }

    /// What a request is sealed with.
    private struct Choice {
        let cipher: ParameterCipher
        let keyID: CryptoKeyID?
        let stamp: RequestStamp
        let date: Date
    }

    /// A request that is encrypted, but not yet signed.
    private struct Draft {
        let endpoint: Endpoint
        let choice: Choice
        let body: [UInt8]
    }

    private func choice(for endpoint: Endpoint) throws -> Choice {
        let date = clock()
        let cipher = try ciphers.current()
        let keyID =
            switch party {
            case .platform: try cipher.keyring.callbackKeyID(isRequired: endpoint.request.protection != .none)
            case .serviceProvider: cipher.keyring.primaryID
            }
        let stamp = try RequestStamp(date: date, timeZone: configuration.timeZone)
        return Choice(cipher: cipher, keyID: keyID, stamp: stamp, date: date)
    }

    private func draft(_ parameters: [UInt8], _ endpoint: Endpoint, _ choice: Choice) throws -> Draft {
        guard endpoint.request.protection != .none else {
            return Draft(endpoint: endpoint, choice: choice, body: parameters)
        }
        guard let keyID = choice.keyID else {
            throw KMError(.keyUnknown, "the keyring has no primary key to encrypt with; make a key primary")
        }
        let body = try choice.cipher.seal(
            parameters,
            endpoint.request.protection,
            under: keyID,
            at: choice.date,
            correlationID: choice.stamp.correlationID
        )
        return Draft(endpoint: endpoint, choice: choice, body: body)
    }

    private func finish(_ draft: Draft, mac: HMACSHA256.MAC) -> SealedRequest {
        let choice = draft.choice
        let headers = RequestHeaders(
            aspID: aspID,
            accessKey: accessKey,
            cryptoKeyID: choice.keyID,
            token: TranToken(time: choice.stamp.time, mac: mac),
            stamp: choice.stamp
        )
        // The answer comes under the key, even if the request is plain.
        if let keyID = choice.keyID { census?.record(.sealedRequest, keyID, peer: peer) }
        return SealedRequest(
            endpoint: draft.endpoint,
            requestHeaders: headers,
            headers: headers.httpFields(configuration.profile),
            body: draft.body,
            cipher: choice.cipher
        )
    }

    /// Opens a response with HTTP status 200: checks its headers, compares its correlation id with the request's, and
    /// decrypts its body as the request's endpoint requires.
    ///
    /// A response carries no token. Decryption proves nothing about the sender: anyone can encrypt to a public key. Use
    /// TLS. Error replies are not encrypted: read them with ``PlatformError/init(parsing:)``.
    ///
    /// The method suspends only if the private key is not in memory: see ``ContentKeyUnwrapper``.
    ///
    /// - Parameters:
    ///   - headers: All header fields of the response.
    ///   - body: The body's bytes as received.
    ///   - request: The request that the response answers.
    /// - Returns: The headers, and the parameters byte for byte as they were sealed.
    /// - Throws: ``KMError`` `headerMissing`, `headerRepeated`, `headerInvalid`; `correlationMismatch`;
    ///   `limitExceeded`; what ``ParameterCipher/open(_:_:under:correlationID:)`` throws; the errors of a device with the
    ///   private key, within a ``DeviceFailure`` if they are a ``KMError``.
    nonisolated(nonsending) public func open(
        _ headers: HTTPFields,
        _ body: [UInt8],
        answering request: SealedRequest
    ) async throws -> OpenedResponse {
        try await observer.decision(.response, headers) { _ in
            let (responseHeaders, examined) = try examine(headers, body, answering: request)
            let keyID = keyID(of: responseHeaders, answering: request)
            do {
                let parameters = try await request.cipher.open(examined)
                if let keyID { census?.record(.openedResponse, keyID, peer: peer) }
                return OpenedResponse(headers: responseHeaders, parameters: parameters)
            } catch {
                if let keyID { census?.record(.openedResponse, keyID, peer: peer, isAccepted: false) }
                throw error
            }
        }
    }

    /// Opens a response with a private key in memory, for callers that are not asynchronous.
    ///
    /// It is not logged.
    ///
    /// - Throws: ``KMError`` as ``open(_:_:answering:)``, and `privateKeyElsewhere`.
    package func openLocally(
        _ headers: HTTPFields,
        _ body: [UInt8],
        answering request: SealedRequest
    ) throws -> OpenedResponse {
        let (responseHeaders, examined) = try examine(headers, body, answering: request)
        return OpenedResponse(headers: responseHeaders, parameters: try request.cipher.openLocally(examined))
    }

    /// The peer in the census.
    private var peer: String { party == .platform ? "provider" : "platform" }

    /// The key that an answer is encrypted under; nil if it is plain.
    private func keyID(of headers: ResponseHeaders, answering request: SealedRequest) -> CryptoKeyID? {
        guard request.endpoint.response.protection != .none else { return nil }
        return headers.cryptoKeyID ?? request.requestHeaders.cryptoKeyID
    }

    private func examine(
        _ headers: HTTPFields,
        _ body: [UInt8],
        answering request: SealedRequest
    ) throws -> (ResponseHeaders, ExaminedBody) {
        let cipher = request.cipher
        try cipher.limits.check(body)
        let responseHeaders = try ResponseHeaders(headers)
        guard responseHeaders.correlationID == request.requestHeaders.correlationID else {
            throw KMError(.correlationMismatch, "the response's correlation id differs from the request's")
        }
        let id = responseHeaders.cryptoKeyID ?? request.requestHeaders.cryptoKeyID
        let examined = try cipher.examine(
            body,
            request.endpoint.response,
            id,
            correlationID: responseHeaders.correlationID
        )
        return (responseHeaders, examined)
    }
}

/// A request ready to send.
public struct SealedRequest: Sendable {
    /// The endpoint of the request, which also says how the response must be protected.
    public let endpoint: Endpoint
    /// The platform's headers by their types.
    public let requestHeaders: RequestHeaders
    /// The platform's headers as fields; add `Content-Type: application/json` and what your HTTP client needs.
    public let headers: HTTPFields
    /// The body.
    ///
    /// Send exactly these bytes, because the token is computed over them.
    public let body: [UInt8]
    /// The cipher that sealed the request and also opens the response, even if the keyring has changed since.
    let cipher: ParameterCipher

    /// Returns this request with another endpoint, to open a response by another rule.
    package func with(endpoint: Endpoint) -> SealedRequest {
        SealedRequest(endpoint: endpoint, requestHeaders: requestHeaders, headers: headers, body: body, cipher: cipher)
    }
}

/// A response, checked and decrypted.
public struct OpenedResponse: Sendable {
    /// The platform's headers.
    public let headers: ResponseHeaders
    /// The parameters, byte for byte as the sender wrote them.
    public let parameters: [UInt8]
}

extension KMError.Code {
    /// The correlation id of a response differs from that of the request.
    public static let correlationMismatch = Self("correlationMismatch")
}

/// A source of the current time.
///
/// Tests pass their own.
public typealias WallClock = @Sendable () -> Date
