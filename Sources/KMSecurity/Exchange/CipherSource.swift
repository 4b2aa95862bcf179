internal import KMPrimitives

/// The cipher of a client or server, which is prepared again when the keyring source has a new keyring.
enum CipherSource: Sendable {
    /// The cipher of a keyring that never changes.
    case fixed(ParameterCipher)
    /// The cipher of a keyring that may change.
    case live(LiveCipher)

    /// Prepares the current keyring of a source.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    init(
        _ source: any KeyringSource,
        _ profile: WireProfile,
        _ limits: ParameterLimits,
        _ dataKeyCaching: DataKeyCaching?
    ) throws {
        let cipher = try ParameterCipher(
            keyring: source.keyring,
            profile: profile,
            limits: limits,
            dataKeyCaching: dataKeyCaching
        )
        self = source is CryptoKeyring ? .fixed(cipher) : .live(LiveCipher(source, cipher))
    }

    /// Returns the cipher of the current keyring.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` if a new keyring cannot be prepared.
    func current() throws -> ParameterCipher {
        switch self {
        case .fixed(let cipher): cipher
        case .live(let cipher): try cipher.current()
        }
    }

    /// The current keyring.
    var keyring: CryptoKeyring {
        switch self {
        case .fixed(let cipher): cipher.keyring
        case .live(let cipher): cipher.source.keyring
        }
    }
}

/// A cipher whose keyring may change.
final class LiveCipher: Sendable {
    let source: any KeyringSource
    private let cipher: Locked<ParameterCipher>

    init(_ source: any KeyringSource, _ cipher: ParameterCipher) {
        self.source = source
        self.cipher = Locked(cipher)
    }

    func current() throws -> ParameterCipher {
        try cipher.withLock { cipher in
            // Read under the lock: an older keyring must not replace a newer one.
            let keyring = source.keyring
            if !cipher.keyring.isCopy(of: keyring) { cipher = try cipher.with(keyring: keyring) }
            return cipher
        }
    }
}
