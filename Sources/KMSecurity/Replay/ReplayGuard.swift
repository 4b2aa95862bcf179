public import Foundation
internal import KMPrimitives

/// Remembers accepted requests, so that no request is accepted twice.
///
/// Only authenticated requests reach a guard: the token matches the body under a secret of ``ReplayShare/caller``.
///
/// Servers that answer for the same access keys need one memory. With a guard of its own on each server, a copy passes
/// once on every one of them. Implement this protocol over a store that all servers reach:
///
/// - Set ``ReplayClaimRequest/key`` only where it does not exist, with a time to live: in Redis, `SET key value NX PXAT
///   time`; in SQL, an insert under a unique index.
/// - Limit what one ``ReplayClaimRequest/share`` can keep. Whoever captured one plain request can make any number of
///   different requests from it, since the token covers neither the time nor the correlation id. Without a limit for each
///   share, these fill the store and lock out every caller.
/// - Throw when the store fails. The server then rejects the request: what cannot be remembered is not accepted.
public protocol ReplayGuard: Sendable {
    /// Claims a request. Of any number of claims of one key, at once or in turn, exactly one is answered
    /// ``ReplayClaim/first`` until ``ReplayClaimRequest/expiry`` has passed.
    ///
    /// - Parameter request: The request to remember.
    /// - Returns: The answer; the server accepts the request only after ``ReplayClaim/first``.
    /// - Throws: Any error that keeps the guard from answering; the server then rejects the request.
    func claim(_ request: ReplayClaimRequest) async throws -> ReplayClaim
}

/// What a replay guard is asked to remember.
public struct ReplayClaimRequest: Sendable, Hashable {
    /// The identity of the request.
    public let key: ReplayKey
    /// The caller and the kind of the request, for a limit on what one caller can keep.
    public let share: ReplayShare
    /// The last instant at which the guard must know the request.
    public let expiry: Date
    /// The current time.
    public let date: Date

    /// Creates a request for a guard, as a server does.
    public init(key: ReplayKey, share: ReplayShare, expiry: Date, date: Date) {
        self.key = key
        self.share = share
        self.expiry = expiry
        self.date = date
    }
}

/// The requests that a replay guard counts together: those of one kind from one caller.
///
/// Plain and encrypted requests count apart. Only plain requests can be multiplied by whoever captured one, so a flood of
/// them must not take the room of the same caller's encrypted requests.
public struct ReplayShare: Sendable, Hashable {
    /// The kind of a request's body.
    public enum Kind: String, Sendable, CaseIterable {
        /// Nothing in the body is encrypted.
        case plain
        /// The body, or at least one of its fields, is encrypted.
        case encrypted
    }

    /// The caller whose secret made the token.
    public let caller: Caller
    /// The kind of the body.
    public let kind: Kind

    /// Creates a share.
    public init(caller: Caller, kind: Kind) {
        self.caller = caller
        self.kind = kind
    }

    /// The share's name for the key of a store: the kind, and the access key or ASP id.
    ///
    /// It is not secret.
    public var text: String {
        switch caller {
        case .accessKey(let accessKey): "\(kind.rawValue):accessKey:\(accessKey)"
        case .callback(let aspID): "\(kind.rawValue):callback:\(aspID)"
        }
    }
}

/// A replay guard's answer.
public enum ReplayClaim: Sendable, Hashable {
    /// The guard did not know the request, and remembers it now.
    case first
    /// The guard knows the request: this one is a copy.
    case replayed
    /// The share keeps `limit` requests, which is the most that one caller can keep of this kind; other callers are not
    /// affected.
    case callerFull(limit: Int)
    /// The guard has no room for this caller; it keeps at most `limit` requests of this kind.
    case full(limit: Int)
    /// The guard no longer knows whether it saw the request: the clock was set back after it erased requests of that time.
    case forgotten
}

extension KMError.Code {
    /// The request, or a copy of it, was accepted before.
    public static let replayed = Self("replayed")
    /// The replay guard has no room for another request of this caller; the detail says which limit was reached.
    public static let replayGuardFull = Self("replayGuardFull")
    /// The server's clock was set back: the guard has already erased requests of this time, and could not detect a copy.
    ///
    /// It ends by itself when the clock has caught up. A new replay guard ends it at once, at the risk of a copy.
    public static let clockSetBack = Self("clockSetBack")
}
