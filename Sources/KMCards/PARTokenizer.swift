internal import KMPrimitives

/// Derives PARs from PANs: the same PAN gives the same PAR every time and everywhere, and nobody without the key can go
/// back or test a guess.
///
/// Make one and keep it; it may be used from several tasks at once. One derivation is one HMAC-SHA-256.
public struct PARTokenizer: Sendable {
    /// A PAR and the version of the key it was derived under.
    public struct Derivation: Sendable, Hashable {
        /// The version of the key.
        public let version: UInt32
        /// What that key derives.
        public let par: PAR
    }

    /// The prefix of every PAR it derives.
    public let prefix: PAR.Prefix
    /// Under the current key.
    private let current: PARDerivation
    /// Under the former ones, as they were given.
    private let former: [PARDerivation]

    /// Takes the keys.
    ///
    /// - Parameters:
    ///   - current: the key for cards that have no PAR yet.
    ///   - former: keys that PARs still in use were derived under, the newest first. There is none unless a key had to be
    ///     replaced.
    ///   - prefix: what every PAR begins with: two characters for the platform's form, four for EMVCo's.
    /// - Throws: ``KMError`` `keyVersionRepeated` when two keys have one version.
    public init(_ current: TokenizationKey, former: [TokenizationKey] = [], prefix: PAR.Prefix = .platform) throws {
        var versions = Set<UInt32>()
        for key in [current] + former where !versions.insert(key.version).inserted {
            throw KMError(.keyVersionRepeated, "two tokenization keys have version \(key.version)")
        }
        self.prefix = prefix
        self.current = PARDerivation(current, prefix: prefix)
        self.former = former.map { PARDerivation($0, prefix: prefix) }
    }

    /// The versions of its keys: the current one, then the former ones.
    public var versions: [UInt32] { ([current] + former).map(\.version) }

    /// The PAR of a PAN under the current key.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public func par(for pan: PAN) throws -> PAR {
        try pan.withDigits(current.par(for:))
    }

    /// The PAR of a PAN under the key of a version.
    ///
    /// - Throws: ``KMError`` `keyVersionUnknown`, `cryptographyUnavailable`.
    public func par(for pan: PAN, version: UInt32) throws -> PAR {
        guard let derivation = ([current] + former).first(where: { $0.version == version }) else {
            throw KMError(.keyVersionUnknown, "no tokenization key of version \(version) is held")
        }
        return try pan.withDigits(derivation.par(for:))
    }

    /// The PAR of a PAN under each key, the current one first.
    ///
    /// During a migration, look these up in this order: a card keeps the PAR that it has, and one that has none gets the
    /// first.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public func derivations(for pan: PAN) throws -> [Derivation] {
        try pan.withDigits { digits in
            try ([current] + former).map { Derivation(version: $0.version, par: try $0.par(for: digits)) }
        }
    }

    /// The version of the key under which `par` was derived from `pan`; nil when it was none of these keys, another PAN,
    /// or another prefix.
    ///
    /// A PAR alone does not tell its version.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public func version(of par: PAR, for pan: PAN) throws -> UInt32? {
        try derivations(for: pan).first { $0.par == par }?.version
    }

    /// The PAR of a PAN that is held without separators in memory of the caller's, under the current key.
    ///
    /// For long lists: it copies nothing that is not cleansed, and allocates nothing of its own.
    ///
    /// - Throws: ``KMError`` as ``PAN/init(_:digitCount:separators:)-(Span<UInt8>,_,_)``.
    public func par(forDigits digits: Span<UInt8>, digitCount: Int? = nil) throws -> PAR {
        try PAN.check(digits, digitCount: digitCount)
        return try current.par(for: digits)
    }
}

extension PARTokenizer: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Tells prefix and versions.
    public var description: String { "PARTokenizer(prefix \(prefix), versions \(versions))" }

    /// Tells prefix and versions.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
