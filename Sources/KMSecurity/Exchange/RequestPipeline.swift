internal import Foundation
internal import HTTPTypes
internal import KMPrimitives

/// The checks of a request, in the order in which a server runs them.
///
/// Each stage takes the result of the stage before it, so no stage can be left out:
/// parsed → authenticated → fresh → examined → claimed → opened.
struct RequestPipeline {
    /// The options and helpers that the checks of all requests share.
    struct Checks: Sendable {
        let party: ServerSecurity.Party
        let credentials: any CredentialSource
        let replayGuard: any ReplayGuard
        let candidateCheck: CandidateCheck
        let tolerance: TranTokenVerifier.Tolerance
        let correlationSkew: ServerSecurity.CorrelationSkew
        /// The time in seconds for which the guard remembers an encrypted request.
        let retention: TimeInterval
        let allowsEmptyBodies: Bool
        let census: KeyCensus?
        let metrics: ExchangeMetrics?
    }

    let checks: Checks
    let cipher: ParameterCipher
    let endpoint: Endpoint

    /// Runs all stages.
    func run(
        _ fields: HTTPFields,
        _ body: [UInt8],
        clock: WallClock,
        _ known: inout DecisionObserver.Known
    ) async throws -> OpenedRequest {
        let parsed = try parse(fields, body)
        let authenticated = try await authenticate(parsed, clock: clock, &known)
        let fresh = try checkFreshness(authenticated)
        let examined: Examined
        do {
            examined = try examine(fresh)
        } catch let error as KMError where error.code == .keyNotActive {
            count(authenticated, parsed.headers.cryptoKeyID, isAccepted: false)
            throw error
        }
        let claimed = try await claim(examined)
        do {
            let opened = try await open(claimed)
            count(authenticated, examined.keyID, isAccepted: true)
            return opened
        } catch {
            count(authenticated, examined.keyID, isAccepted: false)
            throw error
        }
    }

    /// Counts the use of the key in the census.
    ///
    /// A request that the replay guard rejects is not counted: a copy does not prove that the sender uses the key.
    private func count(_ request: Authenticated, _ keyID: CryptoKeyID?, isAccepted: Bool) {
        guard let census = checks.census, let keyID else { return }
        census.record(.openedRequest, keyID, peer: request.credential.name, isAccepted: isAccepted)
    }

    // MARK: Parsed

    /// A request whose size, headers and times are valid.
    ///
    /// Nothing in it is authenticated yet.
    struct Parsed {
        let headers: RequestHeaders
        let caller: Caller
        let body: [UInt8]
    }

    private func parse(_ fields: HTTPFields, _ body: [UInt8]) throws -> Parsed {
        try cipher.limits.check(body)
        let headers = try RequestHeaders(fields)
        try checkCorrelationTime(headers)
        return Parsed(headers: headers, caller: try caller(headers), body: body)
    }

    /// Compares the correlation id's time with X-KM-Tran-Time; both are in the zone of X-KM-Time-Zone.
    private func checkCorrelationTime(_ headers: RequestHeaders) throws {
        guard case .seconds(let limit) = checks.correlationSkew else { return }
        let offset = headers.timeZone.secondsFromUTC
        let difference =
            headers.correlationID.time.millisecondsSince1970(secondsFromUTC: offset)
            - headers.tranTime.time.millisecondsSince1970(secondsFromUTC: offset)
        guard abs(Double(difference)) <= limit * 1000 else {
            throw KMError(
                .timeMismatch,
                "the correlation id's time must be within \(limit) s of X-KM-Tran-Time; the difference is "
                    + "\(difference / 1000) s"
            )
        }
    }

    private func caller(_ headers: RequestHeaders) throws -> Caller {
        switch checks.party {
        case .platform:
            guard let accessKey = headers.accessKey else { throw HTTPFields.missing(.kmAccessKey) }
            return .accessKey(accessKey)
        case .serviceProvider:
            guard headers.accessKey == nil else { throw AccessKey.invalid("must be absent in a callback") }
            return .callback(headers.aspID)
        }
    }

    // MARK: Authenticated

    /// A request whose body was signed under a secret key of its caller.
    struct Authenticated {
        let parsed: Parsed
        let credential: Credential
        /// The server's time, which all later checks use: right after the look-up of the credentials, or after the
        /// answers of devices with secret keys.
        let date: Date
    }

    private func authenticate(
        _ parsed: Parsed,
        clock: WallClock,
        _ known: inout DecisionObserver.Known
    ) async throws -> Authenticated {
        known.candidates = try await checks.credentials.credentials(for: parsed.caller)
        let date = clock()
        let credential = try await credential(of: parsed, at: date, &known)
        let hasWaited = known.candidates.contains(where: \.secretKey.isElsewhere)
        return Authenticated(parsed: parsed, credential: credential, date: hasWaited ? clock() : date)
    }

    /// Returns the caller's credential whose secret key made the token.
    private func credential(
        of parsed: Parsed,
        at date: Date,
        _ known: inout DecisionObserver.Known
    ) async throws -> Credential {
        // Several credentials can share a secret key, for two ASP ids or two periods. One of them must fit the request.
        var fault: KMError?
        var matching: Credential?
        var firstName: String?
        try await checks.candidateCheck.check(known.candidates, parsed.headers.token, body: parsed.body) { candidate in
            if let found = Self.fault(of: candidate, parsed.headers, date) {
                fault = fault ?? found
                firstName = firstName ?? candidate.name
            } else {
                matching = matching ?? candidate
            }
        }
        known.credentialName = firstName
        guard !known.candidates.isEmpty else { throw KMError(.callerUnknown, parsed.caller.unknown) }
        guard let matching else {
            throw fault ?? KMError(.tokenMismatch, "no secret key of this caller made the token for this body")
        }
        known.credentialName = matching.name
        return matching
    }

    /// Returns why a credential does not fit a request although its secret key made the token; nil if it fits.
    private static func fault(of credential: Credential, _ headers: RequestHeaders, _ date: Date) -> KMError? {
        if let validity = credential.validity, !validity.contains(date) {
            return KMError(.credentialNotValid, "the credential \(credential.name) is not valid at this time")
        }
        if let aspID = credential.aspID, aspID != headers.aspID {
            return KMError(.callerUnknown, "X-KM-User-AspId must be the ASP id of the credential \(credential.name)")
        }
        return nil
    }

    // MARK: Fresh

    /// A request whose token's time is within the tolerance of the server's clock.
    struct Fresh {
        let request: Authenticated
    }

    private func checkFreshness(_ request: Authenticated) throws -> Fresh {
        try TranTokenVerifier.checkFreshness(
            of: request.parsed.headers.token,
            timeZone: request.parsed.headers.timeZone,
            at: request.date,
            tolerance: checks.tolerance
        )
        return Fresh(request: request)
    }

    // MARK: Examined

    /// A request whose credential may use the crypto key, and whose body passed all checks that need no private key.
    struct Examined {
        let request: Authenticated
        /// The key that encrypts the request; nil for a plain request that names none.
        let keyID: CryptoKeyID?
        let body: ExaminedBody
        /// The key that encrypts the answer: ``keyID``, or the primary key if the credential may use it.
        let answerKeyID: CryptoKeyID?
    }

    private func examine(_ fresh: Fresh) throws -> Examined {
        let request = fresh.request
        var keyID = request.parsed.headers.cryptoKeyID
        if keyID == nil, checks.party == .serviceProvider {
            keyID = try cipher.keyring.callbackKeyID(isRequired: endpoint.request.protection != .none)
        }
        try Self.check(keyID, of: request.credential)
        let body = request.parsed.body
        if body.isEmpty, endpoint.request.protection == .none, !checks.allowsEmptyBodies {
            throw KMError(
                .emptyBody,
                "the request must have a body, because all requests of a caller without one have the same MAC; to "
                    + "accept them, set insecureAllowingEmptyBodies"
            )
        }
        let correlationID = request.parsed.headers.correlationID
        let examined = try cipher.examine(body, endpoint.request, keyID, correlationID: correlationID)
        let primaryID = cipher.keyring.primaryID.flatMap { request.credential.cryptoKeyIDs.contains($0) ? $0 : nil }
        return Examined(request: request, keyID: keyID, body: examined, answerKeyID: keyID ?? primaryID)
    }

    /// Checks that the credential may use the key.
    ///
    /// Anyone can encrypt to a public key, so the id of the key proves nothing about the sender.
    private static func check(_ keyID: CryptoKeyID?, of credential: Credential) throws {
        guard let keyID, !credential.cryptoKeyIDs.contains(keyID) else { return }
        let name = credential.name.isEmpty ? "" : " \(credential.name)"
        throw KMError(
            .keyUnknown,
            "key \(keyID.masked) is not among the crypto keys of the caller's credential\(name); add its id to "
                + "cryptoKeyIDs if the caller may use it"
        )
    }

    // MARK: Claimed

    /// A request that the replay guard had not seen before, and now remembers.
    struct Claimed {
        let request: Examined
    }

    private func claim(_ examined: Examined) async throws -> Claimed {
        let (headers, date) = (examined.request.parsed.headers, examined.request.date)
        let kind = examined.body.replayKind
        // An attacker can send a copy of an encrypted body under any later time. The guard detects the copy as long as
        // it remembers the body.
        let time = headers.token.time.millisecondsSince1970(secondsFromUTC: headers.timeZone.secondsFromUTC)
        let ownExpiry = Date(timeIntervalSince1970: Double(time) / 1000).addingTimeInterval(checks.tolerance.past)
        let expiry =
            kind == .encrypted ? max(ownExpiry, date.addingTimeInterval(checks.retention)) : ownExpiry
        let request = ReplayClaimRequest(
            key: try ReplayKey(headers, kind),
            share: ReplayShare(caller: examined.request.parsed.caller, kind: kind),
            expiry: expiry,
            date: date
        )
        let answer =
            if let metrics = checks.metrics {
                try await metrics.claiming { try await checks.replayGuard.claim(request) }
            } else {
                try await checks.replayGuard.claim(request)
            }
        if let error = answer.error(kind) { throw error }
        return Claimed(request: examined)
    }

    // MARK: Opened

    private func open(_ claimed: Claimed) async throws -> OpenedRequest {
        let examined = claimed.request
        return OpenedRequest(
            endpoint,
            examined.request.parsed.headers,
            examined.request.credential.name,
            try await cipher.open(examined.body),
            examined.answerKeyID,
            cipher
        )
    }
}

extension ReplayClaim {
    /// The error for a request that the guard does not accept; nil if it does.
    fileprivate func error(_ kind: ReplayShare.Kind) -> KMError? {
        switch self {
        case .first: nil
        case .replayed: KMError(.replayed, "this request was accepted before")
        case .callerFull(let limit):
            KMError(
                .replayGuardFull,
                "the replay guard keeps at most \(limit) \(kind.rawValue) requests of one caller, and already keeps "
                    + "that many of this one; other callers are not affected. Look for a flood of this caller's "
                    + "requests, or raise the limit for each caller"
            )
        case .full(let limit):
            KMError(
                .replayGuardFull,
                "the replay guard keeps at most \(limit) \(kind.rawValue) requests, and the room that is left is "
                    + "reserved for callers with fewer of them than this one. Raise the guard's capacity, or shorten "
                    + "the time for which it remembers a request"
            )
        case .forgotten:
            KMError(.clockSetBack, "the clock was set back, so the guard cannot tell whether the request is a copy")
        }
    }
}

extension Caller {
    /// The detail of the error for an unknown caller.
    ///
    /// It is a constant: building a text would take longer than rejecting a token, and reveal unknown callers.
    fileprivate var unknown: String {
        switch self {
        case .accessKey: "the server does not know this X-KM-Access-Key"
        case .callback: "the server does not know this X-KM-User-AspId"
        }
    }
}

extension KMError.Code {
    /// The server does not know the X-KM-Access-Key (for a callback, the X-KM-User-AspId), or the credential is for
    /// another ASP id.
    public static let callerUnknown = Self("callerUnknown")
    /// The token was made with a secret key outside its period of validity.
    public static let credentialNotValid = Self("credentialNotValid")
    /// The request has no body, and the server does not accept such requests: all of them have the same MAC.
    public static let emptyBody = Self("emptyBody")
}
