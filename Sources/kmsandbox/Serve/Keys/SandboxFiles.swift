#if Sandbox
import Foundation
import KMPrimitives
import KMSecurity

/// The directory in which a sandbox keeps its keys and credentials, so that a later run has the same.
///
/// The files are throw-away test material. They have mode 0600 all the same.
struct SandboxFiles {
    let directory: String

    /// Creates the directory if it does not exist.
    ///
    /// - Throws: ``KMError`` `fileUnwritable`.
    init(directory: String) throws {
        self.directory = directory
        do {
            try FileManager.default.createDirectory(
                atPath: directory,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw KMError(.fileUnwritable, "\(directory) cannot be created; name a directory that you can write")
        }
    }

    /// Whether the directory has the keys of an earlier run.
    var hasKeys: Bool { exists("key.key-id") }

    /// Checks that files do not exist.
    ///
    /// - Throws: ``KMError`` `fileExists`, with the first file that exists.
    func checkAbsence(_ names: [String]) throws {
        guard let name = names.first(where: exists) else { return }
        throw KMError(
            .fileExists,
            "\(path(name)) exists, and no sandbox made it; name an empty directory, or move the file away"
        )
    }

    /// Reads the key pair of an earlier run; nil if there is none.
    ///
    /// - Parameter name: The beginning of the files' names, such as `key` and `other`.
    /// - Returns: The key pair.
    /// - Throws: ``KMError`` if a file is missing or damaged.
    func keyPair(_ name: String) throws -> SandboxKeyPair? {
        guard exists("\(name).key-id") else { return nil }
        let id = try CryptoKeyID(String(decoding: read("\(name).key-id"), as: UTF8.self).trimmed)
        let certificate = try Certificate(contentsOfFile: path("\(name).server.cert.pem"))
        return SandboxKeyPair(
            id: id,
            issuedAt: certificate.validity.lowerBound.addingTimeInterval(86_400),
            serverKey: try RSAPrivateKey(contentsOfFile: path("\(name).server.private.pem")),
            serverCertificate: certificate,
            clientKey: try RSAPrivateKey(contentsOfFile: path("\(name).client.private.pem")),
            clientCertificate: try Certificate(contentsOfFile: path("\(name).client.cert.pem"))
        )
    }

    /// Writes a key pair.
    ///
    /// The id is removed first and written last, so that the files of two pairs are never read as one.
    ///
    /// - Throws: ``KMError`` `fileUnwritable`.
    func write(_ pair: SandboxKeyPair, _ name: String) throws {
        if exists("\(name).key-id") {
            do { try FileManager.default.removeItem(atPath: path("\(name).key-id")) } catch {
                throw KMError(.fileUnwritable, "\(path("\(name).key-id")) cannot be replaced; check its permissions")
            }
        }
        try write(pair.serverKey.insecurePKCS8PEM(), "\(name).server.private.pem")
        try write(pair.clientKey.insecurePKCS8PEM(), "\(name).client.private.pem")
        try write(pair.serverCertificate.pemRepresentation(), "\(name).server.cert.pem")
        try write(pair.clientCertificate.pemRepresentation(), "\(name).client.cert.pem")
        try write(Array("\(pair.id.text)\n".utf8), "\(name).key-id")
    }

    /// Reads a line of text that an earlier run wrote; nil if there is none.
    ///
    /// - Throws: ``KMError`` `fileUnreadable`.
    func line(_ name: String) throws -> String? {
        guard exists(name) else { return nil }
        return String(decoding: try read(name), as: UTF8.self).trimmed
    }

    /// Writes bytes in place of an older file.
    ///
    /// - Throws: ``KMError`` `fileUnwritable`.
    func write(_ bytes: [UInt8], _ name: String) throws {
        try writeFile(bytes.span, path: path(name), mode: 0o600, replaces: true)
    }

    private func write(_ bytes: SecretBytes, _ name: String) throws {
        try bytes.withBytes { try writeFile($0, path: path(name), mode: 0o600, replaces: true) }
    }

    private func read(_ name: String) throws -> [UInt8] { try contents(ofFile: path(name)) }

    /// Whether the directory has a file.
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    private func path(_ name: String) -> String { "\(directory)/\(name)" }
}

extension String {
    /// The text without white space at both ends.
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
#endif
