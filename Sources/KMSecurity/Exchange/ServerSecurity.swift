public import Foundation
public import HTTPTypes
internal import KMPrimitives
public import Logging

/// The answering side of the API: opens requests, once it is known that they are whole, fresh, new and of whom they say,
/// and seals the answers.
///
/// Make one and keep it; it may be used from several tasks at once. What is checked, in this order, nothing later where
/// something earlier fails:
///
/// 1. sizes;
/// 2. each header's form;
/// 3. the headers against each other: the token's time is X-KM-Tran-Time's to the second, and the correlation id's time is
///    near it;
/// 4. identity: the access key, or on a callback the ASP id, leads to credentials;
/// 5. the token, over the body's bytes, in constant time; then the credential's validity and ASP id;
/// 6. freshness: the token's time is near the clock's;
/// 7. policy: the credential may use the crypto key that is named, the body is protected as the endpoint asks, and all of it
///    that shows without the private key is right;
/// 8. newness: the replay guard has not seen the request. What was refused before takes no room there, and does not spoil
///    the true request;
/// 9. only then is anything decrypted.
///
/// The token covers the body alone. What that leaves open: who has seen a request can send its body again under another
/// time and correlation id. Of an encrypted body, which never comes twice by right, the replay guard sees that for as
/// long as it remembers; of a plain one nobody can. And a request without a body has the same token every time: who saw
/// one can make any number of them, for whatever path. Such requests are refused unless ``init(credentials:keyring:profile:tolerance:correlationTolerance:replayGuard:replayRetention:acceptsEmptyBodies:limits:dataKeyCaching:logger:clock:)``
/// is told otherwise; what protects them then is TLS, and nothing else.
public struct ServerSecurity: Sendable {
    private var cipher: ParameterCipher
    private(set) var verifier: RequestVerifier
    private let acceptsEmptyBodies: Bool
    let log: DecisionLog
    private let clock: WallClock

    /// A server.
    ///
    /// - Parameters:
    ///   - credentials: where callers lead to secret keys.
    ///   - keyring: the keys. Requests name theirs, and are answered under the same.
    ///   - profile: the dialect of what is sent; both are understood.
    ///   - tolerance: how near a token's time must be to the clock's.
    ///   - correlationTolerance: how many seconds the correlation id's time may be from X-KM-Tran-Time; nil for any, where
    ///     clients make it on a clock of another zone than X-KM-Time-Zone names.
    ///   - replayGuard: what remembers requests. Servers that answer for the same access keys must share it;
    ///     ``with(keyring:)`` and ``with(credentials:)`` see to that.
    ///   - replayRetention: The time for which the server detects a copy of an encrypted request, longer than the
    ///     tolerance. It has no default: see ``ReplayRetention``.
    ///   - acceptsEmptyBodies: whether requests without a body pass at ``Protection/none``, whose token proves nothing.
    ///   - limits: how large a request may be.
    ///   - dataKeyCaching: how long content keys serve; nil for a fresh one with every message.
    ///   - logger: where decisions are told: refusals at notice, success at debug. Nothing secret is among it.
    ///   - clock: the time.
    /// - Throws: ``KMError`` `configurationInvalid` for a retention that is not longer than the tolerance;
    ///   `cryptographyUnavailable`.
    public init(
        credentials: any CredentialSource,
        keyring: CryptoKeyring,
        profile: WireProfile = .documented,
        tolerance: TranTokenVerifier.Tolerance = .standard,
        correlationTolerance: TimeInterval? = 300,
        replayGuard: any ReplayGuard = .inMemory(),
        replayRetention: ReplayRetention,
        acceptsEmptyBodies: Bool = false,
        limits: ParameterLimits = .standard,
        dataKeyCaching: DataKeyCaching? = nil,
        logger: Logger? = nil,
        clock: @escaping WallClock = { Date() }
    ) throws {
        cipher = try ParameterCipher(
            keyring: keyring,
            profile: profile,
            limits: limits,
            dataKeyCaching: dataKeyCaching
        )
        verifier = RequestVerifier(
            credentials: credentials,
            tolerance: tolerance,
            correlationTolerance: correlationTolerance,
            replayGuard: replayGuard,
            retention: try replayRetention.checked(tolerance),
            candidateCheck: try CandidateCheck()
        )
        self.acceptsEmptyBodies = acceptsEmptyBodies
        log = DecisionLog(logger: logger)
        self.clock = clock
    }

    /// The keys.
    public var keyring: CryptoKeyring { cipher.keyring }

    /// This server with another ring, as after a step of a rotation, and with all else as it is: the replay guard's memory
    /// goes on.
    ///
    /// A data-key cache starts empty. A call that this server opened is best answered by this server.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public func with(keyring: CryptoKeyring) throws -> ServerSecurity {
        var server = self
        server.cipher = try cipher.with(keyring: keyring)
        return server
    }

    /// This server with other credentials, and with all else as it is, the replay guard's memory and the data-key cache
    /// among it.
    public func with(credentials: any CredentialSource) -> ServerSecurity {
        var server = self
        server.verifier.credentials = credentials
        return server
    }

    /// The parameters of a request.
    ///
    /// - Parameters:
    ///   - headers: all fields of the request.
    ///   - body: its bytes as received, before anything has parsed or re-encoded them.
    ///   - protection: what is due; a body that is not so protected is refused.
    /// - Returns: the headers and the parameters, byte for byte as they were sealed.
    /// - Throws: ``KMError`` `limitExceeded`; what ``RequestHeaders/init(_:)`` throws; `timeMismatch`; `callerUnknown`;
    ///   `tokenMismatch`, `credentialNotValid`; `tokenStale`; `replayed`, `replayGuardFull`; `emptyBody`, or
    ///   `headerMissing` where the body should be encrypted and no key is named; what
    ///   ``ParameterCipher/open(_:_:under:correlationID:)`` throws. Errors of the credential source and the replay guard
    ///   pass through.
    public func open(
        _ headers: HTTPFields,
        _ body: [UInt8],
        protection: Protection = .message
    ) async throws -> OpenedCall {
        try await open(headers, body, rule: EndpointPolicy.Rule(protection), isCallback: false)
    }

    /// The parameters of a request, as an endpoint's policy asks; see ``open(_:_:protection:)``.
    ///
    /// - Throws: ``KMError`` as there.
    public func open(_ headers: HTTPFields, _ body: [UInt8], policy: EndpointPolicy) async throws -> OpenedCall {
        try await open(headers, body, rule: policy.request, isCallback: false)
    }

    /// The parameters of a callback, where the platform calls the service provider: without X-KM-Access-Key, its
    /// credentials found by X-KM-User-AspId, and encrypted under the first key issued where it names none.
    ///
    /// - Throws: ``KMError`` as ``open(_:_:protection:)``, and `headerInvalid` where there is an access key.
    public func openCallback(_ headers: HTTPFields, _ body: [UInt8], policy: EndpointPolicy) async throws -> OpenedCall
    {
        try await open(headers, body, rule: policy.request, isCallback: true)
    }

    private func open(
        _ headers: HTTPFields,
        _ body: [UInt8],
        rule: EndpointPolicy.Rule,
        isCallback: Bool
    ) async throws -> OpenedCall {
        try await log.decision(.request, headers) { known in
            try cipher.limits.check(body)
            let requestHeaders = try RequestHeaders(headers)
            try verifier.checkTimesAgree(requestHeaders)
            let caller = try Self.caller(requestHeaders, isCallback: isCallback)
            known.candidates = try await verifier.credentials.credentials(for: caller)
            let now = clock()
            let credential = try verifier.credential(
                of: requestHeaders,
                caller: caller,
                body: body.span,
                at: now,
                &known
            )
            try verifier.checkFreshness(requestHeaders, at: now)
            let keyID = requestHeaders.cryptoKeyID ?? (isCallback ? cipher.keyring.firstIssued?.id : nil)
            try Self.check(keyID, of: credential)
            if body.isEmpty, rule.protection == .none, !acceptsEmptyBodies {
                throw KMError(.emptyBody, "the request has no body; all such requests of a caller have the same MAC")
            }
            let examined = try cipher.examine(body, rule, keyID, correlationID: requestHeaders.correlationID)
            try await verifier.checkIsFirst(requestHeaders, caller: caller, kind: examined.replayKind, at: now)
            return OpenedCall(
                headers: requestHeaders,
                credentialName: credential.name,
                parameters: try cipher.open(examined),
                keyID: keyID
            )
        }
    }

    /// Anyone can encrypt to a public key: that a request names a key shows nothing of who sent it.
    private static func check(_ keyID: CryptoKeyID?, of credential: Credential) throws {
        guard let keyID, !credential.cryptoKeyIDs.contains(keyID) else { return }
        let name = credential.name.isEmpty ? "" : " \(credential.name)"
        throw KMError(
            .keyUnknown,
            "key \(keyID.masked) is not among the crypto keys of the caller's credential\(name); add its id to cryptoKeyIDs if "
                + "the caller may use it"
        )
    }

    private static func caller(_ headers: RequestHeaders, isCallback: Bool) throws -> Caller {
        if isCallback {
            guard headers.accessKey == nil else { throw AccessKey.invalid("must be absent in a callback") }
            return .callback(headers.aspID)
        }
        guard let accessKey = headers.accessKey else { throw HTTPFields.missing(.kmAccessKey) }
        return .accessKey(accessKey)
    }

    /// The response to a call, ready to send, encrypted as asked for.
    ///
    /// - Parameters:
    ///   - parameters: one JSON text, whose bytes stay as they are.
    ///   - call: what it answers: its correlation id is echoed, and the key that it named encrypts; for a callback that
    ///     named none, the first one issued.
    ///   - protection: what is done to them.
    /// - Returns: status 200, headers and body to send as they are.
    /// - Throws: ``KMError`` `keyUnknown` where the call named no key and the ring has no primary one; what
    ///   ``ParameterCipher/seal(_:_:under:at:correlationID:)`` throws.
    public func seal(
        _ parameters: [UInt8],
        answering call: OpenedCall,
        protection: Protection = .message
    ) throws -> SealedResponse {
        let correlationID = call.headers.correlationID
        guard protection != .none else { return SealedResponse(.ok, correlationID, nil, parameters) }
        guard let id = call.keyID ?? cipher.keyring.primaryID else {
            throw KMError(.keyUnknown, "the request names no crypto key, and the keyring has no primary one")
        }
        let body = try cipher.seal(
            parameters,
            protection,
            under: id,
            at: clock(),
            correlationID: correlationID,
            answering: true
        )
        return SealedResponse(.ok, correlationID, id, body)
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
}
