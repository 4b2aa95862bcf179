public import Foundation
public import HTTPTypes
internal import KMPrimitives
public import Logging

/// The answering end of the API: authenticates, checks and decrypts requests, and seals the answers.
///
/// Create one and keep it. You can use it from several tasks at once. A request passes these checks in this order, and
/// the first one that fails rejects it:
///
/// 1. The size of the body.
/// 2. The form of each header.
/// 3. The times: the token's time equals X-KM-Tran-Time to the second, and the correlation id's time differs from it by
///    at most ``Configuration/correlationSkew``.
/// 4. Identity: the server knows credentials for the access key, or for a callback, for the ASP id.
/// 5. The token over the body's bytes, in constant time; then the credential's validity and ASP id.
/// 6. Freshness: the token's time is within the tolerance of the server's clock.
/// 7. Protection: the credential may use the crypto key, and the body is protected as the endpoint requires, as far as
///    this can be checked without the private key.
/// 8. The replay check: the replay guard has not seen the request. A request that fails an earlier check takes no room
///    in it.
/// 9. Decryption.
///
/// The MAC of a token covers the body only. An attacker who captured a request can send its body again under another
/// time and correlation id. The replay guard detects a copy of an encrypted body as long as it remembers it. It cannot
/// tell a copy of a plain body from an equal request. All requests without a body have the same MAC, so the server
/// rejects them unless ``Configuration/insecureAllowingEmptyBodies`` is set. Use TLS.
public struct ServerSecurity: Sendable {
    /// The party that answers.
    public enum Party: Sendable, Hashable {
        /// The platform, which answers the calls of service providers.
        case platform
        /// A service provider, which answers the platform's callbacks.
        ///
        /// Callbacks have no access key, so the server finds the credentials by the ASP id. A callback that names no
        /// crypto key uses the active one that was issued first.
        case serviceProvider
    }

    /// The largest accepted difference between the correlation id's time and X-KM-Tran-Time.
    public enum CorrelationSkew: Sendable, Hashable {
        /// This many seconds.
        case seconds(TimeInterval)
        /// Any difference, for clients whose correlation id has the time of another zone than X-KM-Time-Zone.
        case insecureUnlimited
    }

    /// The options of a server.
    public struct Configuration: Sendable {
        /// The time for which the server detects a copy of an encrypted request, which must be longer than
        /// ``tolerance``.
        public var replayRetention: ReplayRetention
        /// The largest accepted difference between the token's time and the server's clock.
        public var tolerance: TranTokenVerifier.Tolerance
        /// The largest accepted difference between the correlation id's time and X-KM-Tran-Time.
        public var correlationSkew: CorrelationSkew
        /// Whether requests without a body are accepted at endpoints with plain requests.
        ///
        /// All such requests of a caller have the same MAC. An attacker who captured one can make any number of them,
        /// for any path.
        public var insecureAllowingEmptyBodies: Bool
        /// The form of encrypted bodies that the server sends; it accepts both forms.
        public var profile: WireProfile
        /// The largest request that the server accepts.
        public var limits: ParameterLimits
        /// The bounds of a data-key cache; nil for a new content encryption key with every message.
        public var dataKeyCaching: DataKeyCaching?

        /// Creates options.
        ///
        /// The retention has no default: see ``ReplayRetention``.
        public init(
            replayRetention: ReplayRetention,
            tolerance: TranTokenVerifier.Tolerance = .standard,
            correlationSkew: CorrelationSkew = .seconds(300),
            insecureAllowingEmptyBodies: Bool = false,
            profile: WireProfile = .documented,
            limits: ParameterLimits = .standard,
            dataKeyCaching: DataKeyCaching? = nil
        ) {
            self.replayRetention = replayRetention
            self.tolerance = tolerance
            self.correlationSkew = correlationSkew
            self.insecureAllowingEmptyBodies = insecureAllowingEmptyBodies
            self.profile = profile
            self.limits = limits
            self.dataKeyCaching = dataKeyCaching
        }

        /// Rejects times that would turn a check off, which only the options named `insecure…` may do.
        fileprivate func checkTimes() throws {
            var times = [("tolerance.past", tolerance.past), ("tolerance.future", tolerance.future)]
            if case .seconds(let skew) = correlationSkew { times.append(("correlationSkew", skew)) }
            for (name, seconds) in times where !seconds.isFinite || seconds < 0 {
                throw KMError(.configurationInvalid, "\(name) must be 0 or more seconds, and finite; got \(seconds)")
            }
        }
    }

    /// The options.
    public let configuration: Configuration
    private let ciphers: CipherSource
    let checks: RequestPipeline.Checks
    let observer: DecisionObserver
    private let clock: WallClock

    /// Creates a server.
    ///
    /// - Parameters:
    ///   - party: The party that answers.
    ///   - credentials: The source of the callers' credentials.
    ///   - keyring: The source of the keys. A request names its key, and the answer uses the same one.
    ///   - replayGuard: The memory of accepted requests. Servers that answer for the same access keys must share it.
    ///   - configuration: The options.
    ///   - logger: The logger that receives accepted requests at debug level and rejected ones at notice level, without
    ///     secrets.
    ///   - clock: The source of the current time.
    /// - Throws: ``KMError`` `configurationInvalid` if the retention is not longer than the tolerance, or a time is
    ///   infinite or negative; `cryptographyUnavailable`.
    public init(
        party: Party = .platform,
        credentials: any CredentialSource,
        keyring: any KeyringSource,
        replayGuard: any ReplayGuard = .inMemory(),
        configuration: Configuration,
        logger: Logger? = nil,
        clock: @escaping WallClock = { Date() }
    ) throws {
        self.configuration = configuration
        try configuration.checkTimes()
        ciphers = try CipherSource(
            keyring,
            configuration.profile,
            configuration.limits,
            configuration.dataKeyCaching
        )
        let observer = DecisionObserver(logger: logger)
        self.observer = observer
        checks = RequestPipeline.Checks(
            party: party,
            credentials: credentials,
            replayGuard: replayGuard,
            candidateCheck: try CandidateCheck(),
            tolerance: configuration.tolerance,
            correlationSkew: configuration.correlationSkew,
            retention: try configuration.replayRetention.checked(configuration.tolerance),
            allowsEmptyBodies: configuration.insecureAllowingEmptyBodies,
            census: keyring.census,
            metrics: observer.metrics
        )
        self.clock = clock
    }

    /// The current keyring.
    public var keyring: CryptoKeyring { ciphers.keyring }

    /// Opens a request.
    ///
    /// - Parameters:
    ///   - headers: All header fields of the request.
    ///   - body: The body's bytes as received, before anything has parsed or re-encoded them.
    ///   - endpoint: The endpoint that it was sent to; a body that is not protected as it requires is rejected.
    /// - Returns: The headers, and the parameters byte for byte as they were sealed.
    /// - Throws: ``KMError`` `limitExceeded`; what ``RequestHeaders/init(_:)`` throws; `timeMismatch`; `callerUnknown`;
    ///   `tokenMismatch`, `credentialNotValid`; `tokenStale`; `keyUnknown`, `emptyBody`, or `headerMissing` if the body
    ///   must be encrypted and no key is named; `replayed`, `replayGuardFull`, `clockSetBack`; what
    ///   ``ParameterCipher/open(_:_:under:correlationID:)`` throws. Errors of the credential source and the replay
    ///   guard pass through. Errors of a device with a key are within a ``DeviceFailure`` if they are a ``KMError``.
    public func open(_ headers: HTTPFields, _ body: [UInt8], for endpoint: Endpoint) async throws -> OpenedRequest {
        try await observer.decision(.request, headers) { known in
            let pipeline = RequestPipeline(checks: checks, cipher: try ciphers.current(), endpoint: endpoint)
            return try await pipeline.run(headers, body, clock: clock, &known)
        }
    }

    /// Seals the answer to a request, protected as its endpoint requires.
    ///
    /// - Parameters:
    ///   - parameters: One JSON text, whose bytes are not changed.
    ///   - request: The request. Its correlation id is echoed, and the key that it named encrypts. If it named none,
    ///     the keyring's primary key does, and in an answer to a callback the active key that was issued first.
    /// - Returns: HTTP status 200, the headers and the body to send.
    /// - Throws: ``KMError`` `keyUnknown` if the request names no key, and its credential may not use the primary one; what
    ///   ``ParameterCipher/seal(_:_:under:at:correlationID:)`` throws.
    public func seal(_ parameters: [UInt8], answering request: OpenedRequest) throws -> SealedResponse {
        try observer.sealing(.answer) { try sealed(parameters, answering: request) }
    }

    private func sealed(_ parameters: [UInt8], answering request: OpenedRequest) throws -> SealedResponse {
        let correlationID = request.headers.correlationID
        let protection = request.endpoint.response.protection
        guard protection != .none else { return SealedResponse(.ok, correlationID, nil, parameters) }
        let cipher = try request.cipher ?? ciphers.current()
        guard let id = request.keyID else {
            throw KMError(
                .keyUnknown,
                "the request names no crypto key, and the keyring has no primary key that the caller's credential "
                    + "may use"
            )
        }
        let body = try cipher.seal(
            parameters,
            protection,
            under: id,
            at: clock(),
            correlationID: correlationID,
            answering: true
        )
        checks.census?.record(.sealedResponse, id, peer: request.credentialName)
        return SealedResponse(.ok, correlationID, id, body)
    }
}
