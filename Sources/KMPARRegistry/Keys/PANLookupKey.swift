internal import KMPrimitives
public import KMSecurity

/// The name of a key in a registry: its version and its check value.
///
/// A registry remembers the names of its keys, and rejects a key whose version is right and whose bytes are not.
public struct RegistryKeyName: Sendable, Hashable, CustomStringConvertible {
    /// The version, a number that the owner of the key assigns.
    public let version: UInt32
    /// Ten upper-case hexadecimal digits that are derived from the key and do not reveal it.
    public let keyCheckValue: String

    /// Creates a name.
    ///
    /// - Parameters:
    ///   - version: The version.
    ///   - keyCheckValue: The ten digits.
    public init(version: UInt32, keyCheckValue: String) {
        (self.version, self.keyCheckValue) = (version, keyCheckValue)
    }

    /// The version and the check value.
    public var description: String { "version \(version), check value \(keyCheckValue)" }
}

/// The keyed hash by which a registry finds a card: HMAC-SHA-256 of the whole PAN (PCI DSS 3.5.1.1).
///
/// Without the key, nobody can test whether a hash belongs to a guessed PAN. It is printed redacted, because it
/// helps whoever has the key.
public struct PANHash: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The size of every hash in bytes: 32.
    public static let byteCount = 32

    /// The version of the look-up key.
    public let version: UInt32
    /// The 32 bytes.
    public let bytes: [UInt8]

    /// Creates a hash that a store has kept, or returns nil for any other number of bytes.
    ///
    /// - Parameters:
    ///   - version: The version of the look-up key.
    ///   - bytes: The 32 bytes.
    public init?(version: UInt32, bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        (self.version, self.bytes) = (version, bytes)
    }

    /// The version only.
    public var description: String { "PANHash(version \(version), redacted)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The secret key under which a registry hashes PANs to find them again.
///
/// It must differ from the tokenization key and from the sealing key. Replace it with the rotation of the registry,
/// which changes no PAR. The key is printed redacted.
public struct PANLookupKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The accepted sizes in bytes.
    public static let byteCounts = 32...64

    /// The version and the check value.
    public let name: RegistryKeyName
    let hmac: HMACSHA256

    /// Creates a key from its bytes.
    ///
    /// - Parameters:
    ///   - bytes: The key, 32 to 64 random bytes, such as `SecretBytes(randomCount: 32)`.
    ///   - version: The key's version.
    /// - Throws: ``KMError`` `invalidSize` for another size, or `cryptographyUnavailable` if OpenSSL fails.
    public init(_ bytes: SecretBytes, version: UInt32 = 1) throws {
        guard Self.byteCounts.contains(bytes.count) else {
            throw KMError(.invalidSize, "a look-up key must have 32 to 64 bytes; got \(bytes.count)")
        }
        hmac = try HMACSHA256(key: bytes)
        name = try RegistryKeyName(
            version: version,
            keyCheckValue: KeyedMessage("KMSecurity PLC 1", version).checkValue(under: hmac)
        )
    }

    /// Reads a key from a file, such as one that `kmsec par key generate` makes.
    ///
    /// If the content is ASCII text, one line ending at the end is not part of the key.
    ///
    /// - Parameters:
    ///   - path: The file's path.
    ///   - version: The key's version.
    /// - Throws: ``KMError`` `fileUnreadable` if the file cannot be read, or as ``init(_:version:)``.
    public init(contentsOfFile path: String, version: UInt32 = 1) throws {
        try self.init(SecretBytes(contentsOfKeyFile: path), version: version)
    }

    /// Computes the hash of a PAN.
    ///
    /// The hash is the MAC of the label `KMSecurity PLH 1`, the version in four bytes, most significant first, and the
    /// digits in ASCII.
    ///
    /// - Parameter pan: The PAN.
    /// - Returns: The hash.
    /// - Throws: ``KMError`` `cryptographyUnavailable` if OpenSSL fails.
    public func hash(of pan: PAN) throws -> PANHash {
        let bytes = try pan.withDigits { digits in
            var message = KeyedMessage("KMSecurity PLH 1", name.version)
            for index in digits.indices { message.append(digits[index]) }
            defer { message.cleanse() }
            return try message.mac(under: hmac).withBytes { mac in mac.indices.map { mac[$0] } }
        }
        guard let hash = PANHash(version: name.version, bytes: bytes) else {
            throw KMError(.cryptographyUnavailable, "OpenSSL returned a MAC of another size")
        }
        return hash
    }

    /// The version and the check value, without the key.
    public var description: String { "PANLookupKey(\(name), redacted)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror without children, so that the key is not shown.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A message of a label, a key version and a PAN, at most 39 octets, which is erased after use.
struct KeyedMessage {
    private var storage = InlineArray<39, UInt8>(repeating: 0)
    private var count = 0

    init(_ label: StaticString, _ version: UInt32) {
        for octet in "\(label)".utf8 { append(octet) }
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: version >> shift))
        }
    }

    mutating func append(_ octet: UInt8) {
        storage[count] = octet
        count += 1
    }

    func mac(under hmac: HMACSHA256) throws -> HMACSHA256.MAC {
        try hmac.authenticate(storage.span.extracting(first: count))
    }

    /// The first five octets of the MAC in upper-case hexadecimal.
    func checkValue(under hmac: HMACSHA256) throws -> String {
        try mac(under: hmac).withBytes { mac in hexadecimal((0..<5).map { mac[$0] }).uppercased() }
    }

    mutating func cleanse() {
        var octets = storage.mutableSpan
        KMPrimitives.cleanse(&octets)
    }
}
