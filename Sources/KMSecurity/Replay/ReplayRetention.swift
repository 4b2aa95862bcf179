public import Foundation
internal import KMPrimitives

/// The time for which a server detects a copy of an encrypted request.
///
/// The token does not cover its own time. An attacker who captured an encrypted request can send it again under a later
/// time, and it passes as soon as the replay guard has erased it. So choose a time as long as a copy could do harm, and give
/// the guard room for it: 60 requests a second for one hour are 216,000. What ends the danger for good is TLS, which keeps
/// requests from being captured, and the rotation of the crypto key.
///
/// A plain request is remembered while its time is fresh, whatever the retention: see <doc:ThreatModel>.
public enum ReplayRetention: Sendable, Hashable {
    /// This many seconds, more than the tolerance's past and future together.
    case seconds(TimeInterval)
    /// Only while the request's own time could be fresh: the tolerance's past and future together, 600 seconds by default.
    /// After that, a captured request is accepted again under a later time.
    case insecureFreshnessWindowOnly

    /// The seconds.
    ///
    /// - Throws: ``KMError`` `configurationInvalid` unless they are more than the tolerance.
    func checked(_ tolerance: TranTokenVerifier.Tolerance) throws -> TimeInterval {
        let window = tolerance.past + tolerance.future
        guard case .seconds(let seconds) = self else { return window }
        guard seconds > window else {
            throw KMError(
                .configurationInvalid,
                "replayRetention must be longer than the tolerance's \(window) s (past and future together); got \(seconds) "
                    + "s. To accept copies of encrypted requests after that time, say .insecureFreshnessWindowOnly"
            )
        }
        return seconds
    }
}

extension KMError.Code {
    /// The options of a client or server contradict each other, or lie outside their range.
    public static let configurationInvalid = Self("configurationInvalid")
}
