public import Foundation
internal import KMPrimitives

/// Verifies the MAC of tokens under one secret key, and then checks their time.
///
/// It does not detect replays: a fresh token can be a copy of one that was accepted before. A ``ReplayGuard`` detects
/// them.
public struct TranTokenVerifier: Sendable {
    /// The largest accepted difference between a token's time and the verifier's clock, in seconds.
    public struct Tolerance: Sendable, Hashable {
        /// The largest difference for a time in the past.
        public var past: TimeInterval
        /// The largest difference for a time in the future, for senders whose clocks are fast.
        public var future: TimeInterval

        /// 300 seconds in both directions.
        public static let standard = Tolerance(past: 300, future: 300)

        /// Creates a tolerance from two numbers of seconds, 0 or more; a difference of exactly this size is accepted.
        public init(past: TimeInterval, future: TimeInterval) {
            self.past = past
            self.future = future
        }
    }

    private let secretKey: SecretKey
    private let tolerance: Tolerance?

    /// Creates a verifier.
    ///
    /// - Parameters:
    ///   - secretKey: The secret key that the access key identifies.
    ///   - tolerance: The largest accepted difference between the token's time and the clock; nil accepts any time, for
    ///     recorded calls.
    public init(_ secretKey: SecretKey, tolerance: Tolerance? = .standard) {
        self.secretKey = secretKey
        self.tolerance = tolerance
    }

    /// Verifies a token for a body, and then checks the token's time.
    ///
    /// - Parameters:
    ///   - token: The token.
    ///   - body: The bytes of the body as received.
    ///   - timeZone: The zone of the token's time.
    ///   - date: The current time.
    /// - Throws: ``KMError`` `tokenMismatch` if the secret key did not make the token for this body; `tokenStale` if
    ///   the time is outside the tolerance, with the difference in the detail; `secretKeyElsewhere` if the secret key
    ///   is in a device; `cryptographyUnavailable`.
    public func verify(_ token: TranToken, body: Span<UInt8>, timeZone: TimeZoneCode, at date: Date) throws {
        guard try secretKey.hmac.isValid(token.mac, for: body) else {
            throw KMError(.tokenMismatch, "this secret key did not make the token for this body")
        }
        guard let tolerance else { return }
        try Self.checkFreshness(of: token, timeZone: timeZone, at: date, tolerance: tolerance)
    }

    /// Verifies a token for a body; see ``verify(_:body:timeZone:at:)-(_,Span<UInt8>,_,_)``.
    ///
    /// - Throws: ``KMError`` `tokenMismatch`, `tokenStale`, `secretKeyElsewhere`, `cryptographyUnavailable`.
    public func verify(_ token: TranToken, body: [UInt8], timeZone: TimeZoneCode, at date: Date) throws {
        try verify(token, body: body.span, timeZone: timeZone, at: date)
    }

    package static func checkFreshness(
        of token: TranToken,
        timeZone: TimeZoneCode,
        at date: Date,
        tolerance: Tolerance
    ) throws {
        let time = token.time.millisecondsSince1970(secondsFromUTC: timeZone.secondsFromUTC)
        // Rounded to whole milliseconds, because 1.001 * 1000 is less than 1001. Both guards reject NaN.
        let age = (date.timeIntervalSince1970 * 1000).rounded() - Double(time)
        guard age <= (tolerance.past * 1000).rounded() else {
            throw KMError(
                .tokenStale,
                "the token's time is \(age / 1000) s in the past; at most \(tolerance.past) s are accepted"
            )
        }
        guard -age <= (tolerance.future * 1000).rounded() else {
            throw KMError(
                .tokenStale,
                "the token's time is \(-age / 1000) s in the future; at most \(tolerance.future) s are accepted"
            )
        }
    }
}
