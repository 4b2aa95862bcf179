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
    /// The current key.
    private let current: KeyedDerivation
    /// The retired keys, in the order in which they were given.
    private let former: [KeyedDerivation]

    /// Creates a tokenizer from its keys.
    ///
    /// - Parameters:
    ///   - current: The key for cards that have no PAR yet.
    ///   - former: The retired keys whose PARs are still in use, newest first. It is empty unless a key had to be
    ///     replaced.
    ///   - prefix: The prefix of every PAR: two characters for the platform's format, four for EMVCo's.
    /// - Throws: ``KMError`` `keyVersionRepeated` if two keys have the same version.
    public init(_ current: TokenizationKey, former: [TokenizationKey] = [], prefix: PAR.Prefix = .platform) throws {
        try Self.checkVersions(([current] + former).map(\.version))
        self.prefix = prefix
        self.current = KeyedDerivation(current, prefix)
        self.former = former.map { KeyedDerivation($0, prefix) }
    }

    /// Checks that the keys have different versions.
    static func checkVersions(_ versions: [UInt32]) throws {
        var seen = Set<UInt32>()
        for version in versions where !seen.insert(version).inserted {
            throw KMError(
                .keyVersionRepeated,
                "two tokenization keys have version \(version); each must have its own"
            )
        }
    }

    /// The error for a version that no key has.
    static func unknown(_ version: UInt32, _ versions: [UInt32]) -> KMError {
        KMError(.keyVersionUnknown, "no tokenization key has version \(version); expected one of \(versions)")
    }

    /// The versions of the keys, the current key's first.
    public var versions: [UInt32] { ([current] + former).map(\.derivation.version) }

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
        guard let derivation = ([current] + former).first(where: { $0.derivation.version == version }) else {
            throw Self.unknown(version, versions)
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
            try ([current] + former).map { Derivation(version: $0.derivation.version, par: try $0.par(for: digits)) }
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

/// A derivation and its key in memory.
private struct KeyedDerivation: Sendable {
    let derivation: PARDerivation
    let hmac: HMACSHA256

    init(_ key: TokenizationKey, _ prefix: PAR.Prefix) {
        derivation = PARDerivation(version: key.version, prefix: prefix)
        hmac = key.hmac
    }

    /// Derives the PAR of a PAN that the caller has checked.
    func par(for pan: Span<UInt8>) throws -> PAR {
        derivation.par(try derivation.withMessage(for: pan) { try $0.mac(under: hmac) })
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
