public import Foundation
internal import KMPrimitives

/// Checks tokens: that the MAC is the body's, then that the time is near.
///
/// A fresh token may still be a copy of one that was already honoured; that is for a replay guard to see.
public struct TranTokenVerifier: Sendable {
    /// How far a token's time may lie from the verifier's clock, in seconds.
    public struct Tolerance: Sendable, Hashable {
        /// Into the past.
        public var past: TimeInterval
        /// Into the future, for clocks that go fast.
        public var future: TimeInterval

        /// 300 seconds either way.
        public static let standard = Tolerance(past: 300, future: 300)

        /// A tolerance of the given seconds, both 0 or more, both included.
        public init(past: TimeInterval, future: TimeInterval) {
            self.past = past
            self.future = future
        }
    }

    private let secretKey: SecretKey
    private let tolerance: Tolerance?

    /// Verifies with `secretKey`.
    ///
    /// - Parameters:
    ///   - secretKey: the key that the access key names.
    ///   - tolerance: how near the token's time must be; nil lets any time pass, for looking at recorded calls.
    public init(_ secretKey: SecretKey, tolerance: Tolerance? = .standard) {
        self.secretKey = secretKey
        self.tolerance = tolerance
    }

    /// Checks `token` against a body as received, and its time, read in `timeZone`, against `date`.
    ///
    /// - Throws: ``KMError`` `tokenMismatch`, then `tokenStale` with how far it is off, then `cryptographyUnavailable`.
    public func verify(_ token: TranToken, body: Span<UInt8>, timeZone: TimeZoneCode, at date: Date) throws {
        guard try secretKey.hmac.isValid(token.mac, for: body) else {
            throw KMError(.tokenMismatch, "this secret key did not make the token for this body")
        }
        guard let tolerance else { return }
        try Self.checkFreshness(of: token, timeZone: timeZone, at: date, tolerance: tolerance)
    }

    /// Checks `token` against a body; see ``verify(_:body:timeZone:at:)-(_,Span<UInt8>,_,_)``.
    ///
    /// - Throws: ``KMError`` as there.
    public func verify(_ token: TranToken, body: [UInt8], timeZone: TimeZoneCode, at date: Date) throws {
        try verify(token, body: body.span, timeZone: timeZone, at: date)
    }

    static func checkFreshness(
        of token: TranToken,
        timeZone: TimeZoneCode,
        at date: Date,
        tolerance: Tolerance
    ) throws {
        let time = token.time.millisecondsSince1970(secondsFromUTC: timeZone.secondsFromUTC)
        // Whole milliseconds, since 1.001 * 1000 is less than 1001. What is no number must not pass: hence the guards.
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
