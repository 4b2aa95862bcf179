internal import Foundation
internal import HTTPTypes
internal import KMPrimitives

/// The checks of a request's identity, integrity, age and newness, in the order in which they stand here.
struct RequestVerifier: Sendable {
    var credentials: any CredentialSource
    let tolerance: TranTokenVerifier.Tolerance
    let correlationTolerance: TimeInterval?
    let replayGuard: any ReplayGuard
    /// The seconds for which the guard remembers an encrypted request.
    let retention: TimeInterval
    let candidateCheck: CandidateCheck

    /// The correlation id's time against X-KM-Tran-Time, both read on the clock of X-KM-Time-Zone.
    func checkTimesAgree(_ headers: RequestHeaders) throws {
        guard let correlationTolerance else { return }
        let offset = headers.timeZone.secondsFromUTC
        let difference =
            headers.correlationID.time.millisecondsSince1970(secondsFromUTC: offset)
            - headers.tranTime.time.millisecondsSince1970(secondsFromUTC: offset)
        guard abs(Double(difference)) <= correlationTolerance * 1000 else {
            throw KMError(
                .timeMismatch,
                "the correlation id's time is \(difference / 1000) s from X-KM-Tran-Time; \(correlationTolerance) s are allowed"
            )
        }
    }

    /// The credential whose secret made the token, of the candidates that are known.
    func credential(
        of headers: RequestHeaders,
        caller: Caller,
        body: Span<UInt8>,
        at date: Date,
        _ known: inout DecisionLog.Known
    ) throws -> Credential {
        // Several may share the secret, for two ASP ids or two periods: then it is whichever fits.
        var fault: KMError?
        var matching: Credential?
        var firstName: String?
        try candidateCheck.check(known.candidates, headers.token, body: body) { candidate in
            if let found = Self.fault(of: candidate, headers, date) {
                fault = fault ?? found
                firstName = firstName ?? candidate.name
            } else {
                matching = matching ?? candidate
            }
        }
        known.credentialName = firstName
        guard !known.candidates.isEmpty else { throw KMError(.callerUnknown, caller.unknown) }
        guard let matching else {
            throw fault ?? KMError(.tokenMismatch, "no secret key of this caller made the token for this body")
        }
        known.credentialName = matching.name
        return matching
    }

    /// What keeps a credential from this request, though its secret made the token.
    private static func fault(of credential: Credential, _ headers: RequestHeaders, _ date: Date) -> KMError? {
        if let validity = credential.validity, !validity.contains(date) {
            return KMError(.credentialNotValid, "the secret \(credential.name) is not valid at this time")
        }
        if let aspID = credential.aspID, aspID != headers.aspID {
            return KMError(
                .callerUnknown,
                "\(AspID.headerName.rawName) is not that of the secret \(credential.name)"
            )
        }
        return nil
    }

    /// Freshness: the token's time against the clock.
    func checkFreshness(_ headers: RequestHeaders, at date: Date) throws {
        try TranTokenVerifier.checkFreshness(
            of: headers.token,
            timeZone: headers.timeZone,
            at: date,
            tolerance: tolerance
        )
    }

    /// The replay check: claims the request.
    func checkIsFirst(
        _ headers: RequestHeaders,
        caller: Caller,
        kind: ReplayShare.Kind,
        at date: Date
    ) async throws {
        // An attacker can send a copy of an encrypted body with any later time: the guard detects it as long as it
        // remembers the body.
        let time = headers.token.time.millisecondsSince1970(secondsFromUTC: headers.timeZone.secondsFromUTC)
        let ownExpiry = Date(timeIntervalSince1970: Double(time) / 1000).addingTimeInterval(tolerance.past)
        let expiry =
            kind == .encrypted
            ? max(ownExpiry, date.addingTimeInterval(retention)) : ownExpiry
        let request = ReplayClaimRequest(
            key: try ReplayKey(headers, kind),
            share: ReplayShare(caller: caller, kind: kind),
            expiry: expiry,
            date: date
        )
        switch try await replayGuard.claim(request) {
        case .first: return
        case .replayed: throw KMError(.replayed, "this request was accepted before")
        case .callerFull(let limit):
            throw KMError(
                .replayGuardFull,
                "the replay guard keeps at most \(limit) \(kind.rawValue) requests of one caller, and keeps that many of "
                    + "this caller's; other callers are not affected. Look for a flood of this caller's requests, or raise "
                    + "the limit for each caller"
            )
        case .full(let limit):
            throw KMError(
                .replayGuardFull,
                "the replay guard keeps at most \(limit) \(kind.rawValue) requests, and the room that is left is for "
                    + "callers with fewer of them than this one. Raise the guard's capacity, or shorten the time for which "
                    + "it remembers a request"
            )
        case .forgotten:
            throw KMError(
                .clockSetBack,
                "the clock was set back, so the guard cannot tell whether the request is a copy"
            )
        }
    }
}

extension Caller {
    /// What is said where nobody is known by it.
    ///
    /// Nothing is put together here: that alone would take longer than to say that a token is another one's.
    fileprivate var unknown: String {
        switch self {
        case .accessKey: "the server does not know this X-KM-Access-Key"
        case .callback: "the server does not know this X-KM-User-AspId"
        }
    }
}

extension KMError.Code {
    /// X-KM-Access-Key (or, on a callback, X-KM-User-AspId) names nobody that is known here, or the two do not belong
    /// together.
    public static let callerUnknown = Self("callerUnknown")
    /// The token was made with a secret whose validity is over or has not begun.
    public static let credentialNotValid = Self("credentialNotValid")
    /// A request without a body, where none is taken: its token would be the same for every such request.
    public static let emptyBody = Self("emptyBody")
}
