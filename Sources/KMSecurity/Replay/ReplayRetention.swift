public import Foundation
internal import KMPrimitives

/// The time for which a server detects a copy of an encrypted request.
///
/// The token does not cover its own time. An attacker who captured an encrypted request can send it again under a later
/// time. The copy passes once the replay guard has erased the request. Choose a time as long as a copy could do harm,
/// and give the guard enough room: 60 requests per second for one hour are 216,000. TLS keeps requests from being
/// captured. Once a crypto key is discarded, requests that were captured under it no longer open.
///
/// A plain request is remembered only while its time is fresh, with any retention: see <doc:ThreatModel>.
public enum ReplayRetention: Sendable, Hashable {
    /// This many seconds, which must be more than the tolerance's past and future together.
    case seconds(TimeInterval)
    /// Only while the request's own time could be fresh: the tolerance's past and future together, by default 600
    /// seconds.
    ///
    /// After that, a captured request is accepted again under a later time.
    case insecureFreshnessWindowOnly

    /// Returns the seconds.
    ///
    /// - Throws: ``KMError`` `configurationInvalid` unless they are more than the tolerance's past and future together.
    func checked(_ tolerance: TranTokenVerifier.Tolerance) throws -> TimeInterval {
        let window = tolerance.past + tolerance.future
        guard case .seconds(let seconds) = self else { return window }
        guard seconds > window else {
            throw KMError(
                .configurationInvalid,
                "replayRetention must be longer than the tolerance's \(window) s (past and future together); got "
                    + "\(seconds) s. To accept copies of encrypted requests after that time, use "
                    + ".insecureFreshnessWindowOnly"
            )
        }
        return seconds
    }
}

extension KMError.Code {
    /// The options of a client or server contradict each other, or are outside their range.
    public static let configurationInvalid = Self("configurationInvalid")
}
