public import KMPrimitives

/// A tokenization key that is elsewhere, such as in an HSM, with its version.
///
/// The same bytes with the same version as a ``TokenizationKey`` derive the same PARs.
public struct ExternalTokenizationKey: Sendable {
    /// The key's version, a number that its owner assigns.
    public let version: UInt32
    /// Ten upper-case hexadecimal digits that two sites compare to confirm that they have the same key and version.
    ///
    /// See ``TokenizationKey/keyCheckValue``.
    public let keyCheckValue: String

    let authenticator: any MessageAuthenticator

    /// Creates a key, and computes its key check value in the device.
    ///
    /// - Parameters:
    ///   - authenticator: The key in the device, 16 to 64 random bytes. Use it for nothing else.
    ///   - version: The key's version.
    /// - Throws: ``KMError`` `macInvalid` if the device returns no HMAC-SHA-256; the errors of the device.
    public init(_ authenticator: any MessageAuthenticator, version: UInt32 = 1) async throws {
        self.version = version
        self.authenticator = authenticator
        let message = try PARDerivation.keyCheckMessage(version: version).secretBytes()
        keyCheckValue = PARDerivation.keyCheckValue(try await authenticator.mac(of: message))
    }
}

extension ExternalTokenizationKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The version and the key check value.
    public var description: String { "ExternalTokenizationKey(version \(version), KCV \(keyCheckValue))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Derives PARs from PANs under secret keys that are elsewhere, such as in an HSM.
///
/// It derives the same PARs as a ``PARTokenizer`` with the same keys. Each derivation asks the device once, so that the
/// device limits how many there are per second. The message that the device receives contains the PAN.
public struct ExternalPARTokenizer: Sendable {
    /// The prefix of every PAR that this tokenizer derives.
    public let prefix: PAR.Prefix

    private let keys: [(key: ExternalTokenizationKey, derivation: PARDerivation)]

    /// Creates a tokenizer from its keys.
    ///
    /// - Parameters:
    ///   - current: The key for cards that have no PAR yet.
    ///   - former: The retired keys whose PARs are still in use, newest first.
    ///   - prefix: The prefix of every PAR: two characters for the platform's format, four for EMVCo's.
    /// - Throws: ``KMError`` `keyVersionRepeated` if two keys have the same version.
    public init(
        _ current: ExternalTokenizationKey,
        former: [ExternalTokenizationKey] = [],
        prefix: PAR.Prefix = .platform
    ) throws {
        let keys = [current] + former
        try PARTokenizer.checkVersions(keys.map(\.version))
        self.prefix = prefix
        self.keys = keys.map { ($0, PARDerivation(version: $0.version, prefix: prefix)) }
    }

    /// The versions of the keys, the current key's first.
    public var versions: [UInt32] { keys.map(\.key.version) }

    /// Returns whether one of the keys has the same bytes as the key of `hmac`.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` if OpenSSL fails.
    package func hasKey(of hmac: HMACSHA256) throws -> Bool {
        try keys.contains { try PARDerivation.keyCheckValue(hmac, version: $0.key.version) == $0.key.keyCheckValue }
    }

    /// Derives the PAR of a PAN under the current key.
    ///
    /// - Throws: The errors of the device; ``KMError`` `macInvalid`, `cryptographyUnavailable`.
    public func par(for pan: PAN) async throws -> PAR {
        try await par(for: pan, keyIndex: 0)
    }

    /// Derives the PAR of a PAN under the key with the given version.
    ///
    /// - Throws: ``KMError`` `keyVersionUnknown` if no key has this version; the errors of ``par(for:)``.
    public func par(for pan: PAN, version: UInt32) async throws -> PAR {
        guard let index = versions.firstIndex(of: version) else { throw PARTokenizer.unknown(version, versions) }
        return try await par(for: pan, keyIndex: index)
    }

    /// Derives the PAR of a PAN under each key, the current key first; see ``PARTokenizer/derivations(for:)``.
    ///
    /// - Throws: The errors of ``par(for:)``.
    public func derivations(for pan: PAN) async throws -> [PARTokenizer.Derivation] {
        var derivations: [PARTokenizer.Derivation] = []
        for index in keys.indices {
            let par = try await par(for: pan, keyIndex: index)
            derivations.append(PARTokenizer.Derivation(version: keys[index].key.version, par: par))
        }
        return derivations
    }

    /// Returns the version of the key that derived `par` from `pan`; see ``PARTokenizer/version(of:for:)``.
    ///
    /// - Returns: The version; nil if none of the keys derives this PAR from this PAN.
    /// - Throws: The errors of ``par(for:)``.
    public func version(of par: PAR, for pan: PAN) async throws -> UInt32? {
        for (index, key) in keys.enumerated() where try await self.par(for: pan, keyIndex: index) == par {
            return key.key.version
        }
        return nil
    }

    private func par(for pan: PAN, keyIndex: Int) async throws -> PAR {
        let (key, derivation) = keys[keyIndex]
        let message = try pan.withDigits { digits in
            try derivation.withMessage(for: digits) { try $0.secretBytes() }
        }
        return derivation.par(try await key.authenticator.mac(of: message))
    }
}

extension ExternalPARTokenizer: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The prefix and the key versions.
    public var description: String { "ExternalPARTokenizer(prefix \(prefix), versions \(versions))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
