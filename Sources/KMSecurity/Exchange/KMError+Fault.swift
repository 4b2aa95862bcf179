internal import KMCards
internal import KMJOSE
internal import KMJSON
public import KMPrimitives
internal import KMWire

extension KMError {
    /// Whether the peer caused the error: its message was malformed, not genuine, not fresh, or a replay.
    ///
    /// A server answers these errors with HTTP 400, and all other errors with HTTP 500. The others are faults on its
    /// own side, for example of a key, a file, a clock, a replay guard or the configuration. The peer can do nothing
    /// about them. A code of your own is not the peer's fault.
    public var isPeerFault: Bool { Self.peerFaults.contains(code) }

    private static let peerFaults: Set<Code> = [
        // The headers and the token.
        .headerMissing, .headerRepeated, .headerInvalid, .timeZoneUnknown, .timeMismatch,
        .tokenMalformed, .tokenMismatch, .tokenStale, .callerUnknown, .credentialNotValid, .replayed,
        .correlationMismatch, .endpointUnknown,
        // The keys that the peer named.
        .keyUnknown, .keyNotActive, .keyIDMismatch,
        // The body.
        .limitExceeded, .bodyTimedOut, .emptyBody, .malformedBody, .malformedJSON, .malformedJWE, .malformedHeader,
        .algorithmNotAllowed, .authenticationFailed, .protectionRequired, .fieldMissing, .fieldMismatch,
        // A member name with an unpaired surrogate, which no path can express.
        .pathUnsupported,
        .parametersInvalid, .responseInvalid, .malformedResult,
        // Card numbers in the parameters.
        .panMalformed, .panLengthInvalid, .panCheckDigitInvalid, .parMalformed,
    ]
}
