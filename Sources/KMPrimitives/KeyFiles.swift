// Reads keys from files and writes them to files. The errors name the file's path.

extension RSAPrivateKey {
    /// Reads a private key from a file straight into secret memory.
    ///
    /// The file is PKCS#8 (plain or encrypted), PKCS#1 or PKCS#12; see ``init(parsing:passphrase:)-(SecretBytes,_)``.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - passphrase: The passphrase of the key, or nil for an unencrypted key.
    /// - Throws: ``KMError`` `fileUnreadable` when the file cannot be read; otherwise the errors of
    ///   ``init(parsing:passphrase:)-(SecretBytes,_)``, with the path in the detail.
    public init(contentsOfFile path: String, passphrase: SecretBytes? = nil) throws {
        let bytes = try SecretBytes(contentsOfFile: path)
        self = try namingFile(path) { try RSAPrivateKey(parsing: bytes, passphrase: passphrase) }
    }

    /// Writes the key pair as encrypted PKCS#8 PEM to a new file that only its owner can read (mode 0600).
    ///
    /// The file is written completely or not at all. See ``encryptedPKCS8PEM(passphrase:iterations:)`` for the format.
    ///
    /// - Parameters:
    ///   - path: The path of the new file.
    ///   - passphrase: The passphrase that encrypts the key, 1 to 1024 bytes.
    ///   - iterations: The number of PBKDF2 iterations, 1000 to 10,000,000.
    /// - Throws: ``KMError`` `fileExists` when the file already exists; `fileUnwritable`, with the system's reason,
    ///   when it cannot be written; otherwise the errors of ``encryptedPKCS8PEM(passphrase:iterations:)``.
    public func write(
        encryptedPEMToNewFile path: String,
        passphrase: SecretBytes,
        iterations: Int = RSAPrivateKey.defaultIterations
    ) throws {
        let pem = try encryptedPKCS8PEM(passphrase: passphrase, iterations: iterations)
        try writeNewFile(pem.span, path: path, mode: 0o600)
    }
}

extension RSAPublicKey {
    /// Reads a public key from a file.
    ///
    /// The file is a SubjectPublicKeyInfo, a PKCS#1 RSAPublicKey or an X.509 certificate; see ``init(parsing:)``.
    ///
    /// - Parameter path: The path of the file.
    /// - Throws: ``KMError`` `fileUnreadable` when the file cannot be read; otherwise the errors of ``init(parsing:)``,
    ///   with the path in the detail.
    public init(contentsOfFile path: String) throws {
        let bytes = try contents(ofFile: path)
        self = try namingFile(path) { try RSAPublicKey(parsing: bytes) }
    }
}

extension Certificate {
    /// Reads a certificate from a DER file, or the first certificate in a PEM file; see ``init(parsing:)``.
    ///
    /// - Parameter path: The path of the file.
    /// - Throws: ``KMError`` `fileUnreadable` when the file cannot be read; otherwise the errors of ``init(parsing:)``,
    ///   with the path in the detail.
    public init(contentsOfFile path: String) throws {
        let bytes = try contents(ofFile: path)
        self = try namingFile(path) { try Certificate(parsing: bytes) }
    }
}

/// Reads a file that is not secret.
///
/// - Throws: ``KMError`` `fileUnreadable` when the file cannot be read or is larger than 1 MiB.
package func contents(ofFile path: String) throws -> [UInt8] {
    let bytes = try SecretBytes(contentsOfFile: path)
    return bytes.withBytes { bytes in bytes.indices.map { bytes[$0] } }
}

/// Calls `body` and adds `path` to the detail of every ``KMError`` that it throws.
///
/// - Throws: The errors of `body`.
package func namingFile<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as KMError {
        throw KMError(error.code, error.detail.isEmpty ? path : "\(path): \(error.detail)")
    }
}
