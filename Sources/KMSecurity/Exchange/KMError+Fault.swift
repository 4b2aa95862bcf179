public import KMPrimitives

extension KMError {
    /// Whether the peer caused the error: its message was malformed, not genuine, not fresh, or a replay.
    ///
    /// A server answers these errors with HTTP 400. For all others it answers with HTTP 500: a key, a file, a clock, a
    /// replay guard or a configuration on its own side failed, and the peer can do nothing about it.
    public var isPeerFault: Bool { !Self.ownFaults.contains(code) }

    private static let ownFaults: Set<Code> = [
        .cryptographyUnavailable, .configurationInvalid, .replayGuardFull, .clockSetBack, .certificateNotValid,
        .parametersNotEncodable, .keyringInvalid, .fileUnreadable, .fileUnwritable, .fileExists,
        .environmentVariableMissing, .malformedKey, .unsupportedKey, .wrongKeyKind, .passphraseRequired,
        .passphraseWrong,
        .legacyEncryption, .malformedCertificate,
    ]
}
