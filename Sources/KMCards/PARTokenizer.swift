package import KMPrimitives

/// Derives PARs from PANs under a secret key.
///
/// The same PAN, key and prefix give the same PAR every time and on every server. Without the key, nobody can recover
/// the PAN from a PAR, or test whether a PAR belongs to a guessed PAN.
///
/// Create one tokenizer and reuse it. Several tasks may use it at the same time. Each derivation computes one
/// HMAC-SHA-256.
public struct PARTokenizer: Sendable {
    /// A PAR and the version of the key that derived it.
    public struct Derivation: Sendable, Hashable {
        /// The key's version.
        public let version: UInt32
        /// The PAR that the key derived.
        public let par: PAR
    }

    /// The prefix of every PAR that this tokenizer derives.
    public let prefix: PAR.Prefix
    /// The derivation under the current key.
    private let current: PARDerivation
    /// The derivations under the retired keys, in the order in which they were given.
    private let former: [PARDerivation]

    /// Creates a tokenizer from its keys.
    ///
    /// - Parameters:
    ///   - current: The key for cards that have no PAR yet.
    ///   - former: The retired keys whose PARs are still in use, newest first. It is empty unless a key had to be
    ///     replaced.
    ///   - prefix: The prefix of every PAR: two characters for the platform's format, four for EMVCo's.
    /// - Throws: ``KMError`` `keyVersionRepeated` if two keys have the same version.
    public init(_ current: TokenizationKey, former: [TokenizationKey] = [], prefix: PAR.Prefix = .platform) throws {
        var versions = Set<UInt32>()
        for key in [current] + former where !versions.insert(key.version).inserted {
            throw KMError(
                .keyVersionRepeated,
                "two tokenization keys have version \(key.version); each must have its own"
            )
        }
        self.prefix = prefix
        self.current = PARDerivation(current, prefix: prefix)
        self.former = former.map { PARDerivation($0, prefix: prefix) }
    }

    /// The versions of the keys, the current key's first.
    public var versions: [UInt32] { ([current] + former).map(\.version) }

    /// Returns whether one of the keys has the same bytes as the key of `hmac`.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` if OpenSSL fails.
    package func hasKey(of hmac: HMACSHA256) throws -> Bool {
        let value = try PARDerivation.keyCheckValue(hmac, version: 0)
        return try ([current] + former).contains { try PARDerivation.keyCheckValue($0.hmac, version: 0) == value }
    }

    /// Derives the PAR of a PAN under the current key.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` if OpenSSL fails.
    public func par(for pan: PAN) throws -> PAR {
        try pan.withDigits(current.par(for:))
    }

    /// Derives the PAR of a PAN under the key with the given version.
    ///
    /// - Throws: ``KMError`` `keyVersionUnknown` if no key has this version, or `cryptographyUnavailable` if OpenSSL
    ///   fails.
    public func par(for pan: PAN, version: UInt32) throws -> PAR {
        guard let derivation = ([current] + former).first(where: { $0.version == version }) else {
            throw KMError(.keyVersionUnknown, "no tokenization key has version \(version); expected one of \(versions)")
        }
        return try pan.withDigits(derivation.par(for:))
    }

    /// Derives the PAR of a PAN under each key, the current key first.
    ///
    /// During a migration to a new key, look the PARs up in this order. If the card already has one of them, keep it.
    /// If it has none, assign the first.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` if OpenSSL fails.
    public func derivations(for pan: PAN) throws -> [Derivation] {
        try pan.withDigits { digits in
            try ([current] + former).map { Derivation(version: $0.version, par: try $0.par(for: digits)) }
        }
    }

    /// Returns the version of the key that derived `par` from `pan`.
    ///
    /// A PAR alone does not show its key version, so this needs the PAN too. It derives the PAR under each key.
    ///
    /// - Parameters:
    ///   - par: The PAR.
    ///   - pan: The PAN that it should belong to.
    /// - Returns: The version, or nil if `par` has another PAN, another prefix, or a key that this tokenizer does not
    ///   have.
    /// - Throws: ``KMError`` `cryptographyUnavailable` if OpenSSL fails.
    public func version(of par: PAR, for pan: PAN) throws -> UInt32? {
        try derivations(for: pan).first { $0.par == par }?.version
    }

    /// Derives the PAR, under the current key, of a PAN in your own memory.
    ///
    /// Use it for long lists. It erases every copy of the digits that it makes, and allocates no memory of its own.
    ///
    /// - Parameters:
    ///   - digits: The PAN in ASCII, without separators.
    ///   - digitCount: The required number of digits, or nil to accept 12 to 19.
    /// - Returns: The PAR.
    /// - Throws: The same errors as ``PAN/init(_:digitCount:separators:)-(Span<UInt8>,_,_)``.
    public func par(forDigits digits: Span<UInt8>, digitCount: Int? = nil) throws -> PAR {
        try PAN.check(digits, digitCount: digitCount)
        return try current.par(for: digits)
    }
}

extension PARTokenizer: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The prefix and the key versions.
    public var description: String { "PARTokenizer(prefix \(prefix), versions \(versions))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children, so that no key is shown.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
