// Keys from files and to files. What is wrong with a file is told with its path.

extension RSAPrivateKey {
    /// Reads a file of PKCS#8 (plain or encrypted), PKCS#1 or PKCS#12 straight into secret memory; see
    /// ``init(parsing:passphrase:)-(SecretBytes,_)``.
    ///
    /// - Throws: ``KMError`` as there, its detail with the path; `fileUnreadable`.
    public init(contentsOfFile path: String, passphrase: SecretBytes? = nil) throws {
        let bytes = try SecretBytes(contentsOfFile: path)
        self = try namingFile(path) { try RSAPrivateKey(parsing: bytes, passphrase: passphrase) }
    }

    /// Writes the pair as encrypted PKCS#8 in PEM to a new file that its owner alone can read (mode 0600); see
    /// ``encryptedPKCS8PEM(passphrase:iterations:)``.
    ///
    /// The file appears whole or not at all.
    ///
    /// - Throws: ``KMError`` as there; `fileExists` rather than replace a file, `fileUnwritable` with the system's reason.
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
    /// Reads a file of a SubjectPublicKeyInfo, a PKCS#1 RSAPublicKey or an X.509 certificate; see ``init(parsing:)``.
    ///
    /// - Throws: ``KMError`` as there, its detail with the path; `fileUnreadable`.
    public init(contentsOfFile path: String) throws {
        let bytes = try contents(ofFile: path)
        self = try namingFile(path) { try RSAPublicKey(parsing: bytes) }
    }
}

extension Certificate {
    /// Reads a file of a certificate in DER, or the first of a PEM text; see ``init(parsing:)``.
    ///
    /// - Throws: ``KMError`` as there, its detail with the path; `fileUnreadable`.
    public init(contentsOfFile path: String) throws {
        let bytes = try contents(ofFile: path)
        self = try namingFile(path) { try Certificate(parsing: bytes) }
    }
}

/// The bytes of a file that is not secret.
package func contents(ofFile path: String) throws -> [UInt8] {
    let bytes = try SecretBytes(contentsOfFile: path)
    return bytes.withBytes { bytes in bytes.indices.map { bytes[$0] } }
}

/// What `body` makes of the file at `path`; its errors tell the path.
package func namingFile<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as KMError {
        throw KMError(error.code, error.detail.isEmpty ? path : "\(path): \(error.detail)")
    }
}
