public import KMPrimitives

extension KMError {
    /// Whether the peer caused the error: its message was malformed, not genuine, not fresh, or a replay.
    ///
    /// A server answers these errors with HTTP 400, and all other errors with HTTP 500. The others are faults on its
    /// own side, for example of a key, a file, a clock, a replay guard or the configuration. The peer can do nothing
    /// about them.
    public var isPeerFault: Bool { !Self.ownFaults.contains(code) }

    private static let ownFaults: Set<Code> = [
        .cryptographyUnavailable, .configurationInvalid, .privateKeyElsewhere, .malformedEndpointTable,
        .replayGuardFull, .clockSetBack, .certificateNotValid,
        .parametersNotEncodable, .keyringInvalid, .fileUnreadable, .fileUnwritable, .fileExists,
        .environmentVariableMissing, .malformedKey, .unsupportedKey, .wrongKeyKind, .passphraseRequired,
        .passphraseWrong,
        .legacyEncryption, .malformedCertificate,
    ]
}
