public import Foundation
internal import KMPrimitives

/// Remembers accepted requests, so that no request is accepted twice.
///
/// Only authenticated requests reach a guard: the token matches the body under a secret key of ``ReplayShare/caller``.
///
/// Servers that answer for the same access keys must share one memory. If each server has its own guard, a copy passes
/// once on each of them. Implement this protocol over a store that all servers can reach:
///
/// - Set ``ReplayClaimRequest/key`` only if it does not exist, and let it expire: in Redis with `SET key value NX PXAT
///   time`, in SQL with an insert under a unique index.
/// - Limit how many requests one ``ReplayClaimRequest/share`` can keep. An attacker who captured one plain request can
///   make any number of different requests from it, because the token covers neither the time nor the correlation id.
///   Without a limit for each share, these requests fill the store and lock out every caller.
/// - Throw if the store fails. The server then rejects the request, because it must not accept a request that it cannot
///   remember.
public protocol ReplayGuard: Sendable {
    /// Remembers a request, unless the guard knows its key already.
    ///
    /// Many servers and tasks can claim the same key, at the same time or one after another. Until
    /// ``ReplayClaimRequest/expiry`` has passed, exactly one of them must get ``ReplayClaim/first``.
    ///
    /// - Parameter request: The request to remember.
    /// - Returns: The answer. The server accepts the request only if it is ``ReplayClaim/first``.
    /// - Throws: Any error that keeps the guard from answering. The server then rejects the request with HTTP 500.
    func claim(_ request: ReplayClaimRequest) async throws -> ReplayClaim
}

/// A request that a replay guard is asked to remember.
public struct ReplayClaimRequest: Sendable, Hashable {
    /// The identity of the request.
    public let key: ReplayKey
    /// The caller and the kind of the request, for a limit on what one caller can keep.
    public let share: ReplayShare
    /// The last instant at which the guard must still know the request.
    public let expiry: Date
    /// The current time.
    public let date: Date

    /// Creates a request for a guard, to test the guard.
    public init(key: ReplayKey, share: ReplayShare, expiry: Date, date: Date) {
        self.key = key
        self.share = share
        self.expiry = expiry
        self.date = date
    }
}

/// The requests that a replay guard counts together: those of one kind from one caller.
///
/// Plain and encrypted requests are counted separately. An attacker who captured a plain request can make many
/// different ones from it. Such a flood must not take the room of the same caller's encrypted requests.
public struct ReplayShare: Sendable, Hashable {
    /// The kind of a request's body.
    public enum Kind: String, Sendable, CaseIterable {
        /// Nothing in the body is encrypted.
        case plain
        /// The body, or at least one of its fields, is encrypted.
        case encrypted
    }

    /// The caller whose secret key made the token.
    public let caller: Caller
    /// The kind of the body.
    public let kind: Kind

    /// Creates a share.
    public init(caller: Caller, kind: Kind) {
        self.caller = caller
        self.kind = kind
    }

    /// The share as text, for the key of a store: the kind, and the access key or ASP id.
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
    /// The guard knows the request, so this one is a copy.
    case replayed
    /// The guard already keeps `limit` requests of this share, the most that one caller can have of one kind.
    ///
    /// Other callers are not affected.
    case callerFull(limit: Int)
    /// The guard has no room for another request of this caller, and keeps at most `limit` requests of this kind.
    case full(limit: Int)
    /// The guard cannot tell whether it saw the request, because it erased requests of that time before the clock was
    /// set back.
    case forgotten
}

extension KMError.Code {
    /// The request, or a copy of it, was accepted before.
    public static let replayed = Self("replayed")
    /// The replay guard has no room for another request of this caller; the detail says which limit was reached.
    public static let replayGuardFull = Self("replayGuardFull")
    /// The server's clock was set back: the guard has already erased requests of this time, and could not detect a
    /// copy.
    ///
    /// The error ends when the clock has caught up. A new replay guard ends it at once, but may accept a copy.
    public static let clockSetBack = Self("clockSetBack")
    /// The store of a replay guard does not answer, or rejects its commands; the detail says why.
    public static let replayStoreUnavailable = Self("replayStoreUnavailable")
}
