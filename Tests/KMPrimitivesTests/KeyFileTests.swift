import Foundation
import KMPrimitives
import KMTestSupport
import Testing

/// Reads keys and certificates from files, and writes keys to files.
@Suite struct KeyFileTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Runs `body`, then removes the folder.
    private func cleaningUp(_ body: () throws -> Void) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try body()
    }

    private func path(_ name: String) -> String { folder.appending(path: name).path(percentEncoded: false) }

    private func write(_ bytes: [UInt8], _ name: String) throws -> String {
        try Data(bytes).write(to: URL(filePath: path(name)))
        return path(name)
    }

    @Test func keysAndCertificatesAreReadFromFiles() throws {
        try cleaningUp {
            let pair = try TestKeys.first()
            let passphrase = try SecretBytes("a passphrase")
            let encrypted = try write(pair.encryptedPKCS8PEM(passphrase: passphrase, iterations: 1000), "encrypted")
            #expect(try RSAPrivateKey(contentsOfFile: encrypted, passphrase: passphrase).publicKey == pair.publicKey)
            let plain = try write(pair.insecurePKCS8DER().exposed, "plain")
            #expect(try RSAPrivateKey(contentsOfFile: plain).publicKey == pair.publicKey)
            let spki = try write(pair.publicKey.pemRepresentation(), "spki")
            #expect(try RSAPublicKey(contentsOfFile: spki) == pair.publicKey)
            let certificate = try Certificate.selfSigned(pair, commonName: "key", validity: Date.now...Date.now + 60)
            let x509 = try write(certificate.derRepresentation(), "x509")
            #expect(try Certificate(contentsOfFile: x509).fingerprint == certificate.fingerprint)
            #expect(try RSAPublicKey(contentsOfFile: x509) == pair.publicKey)
        }
    }

    @Test func errorsNameThePath() throws {
        try cleaningUp {
            let pair = try TestKeys.first()
            let passphrase = try SecretBytes("a passphrase")
            let encrypted = try write(pair.encryptedPKCS8PEM(passphrase: passphrase, iterations: 1000), "encrypted")
            let spki = try write(pair.publicKey.pemRepresentation(), "spki")
            let rubbish = try write("rubbish".bytes, "rubbish")
            let cases: [(KMError.Code, String, () throws -> Void)] = [
                (.passphraseRequired, encrypted, { _ = try RSAPrivateKey(contentsOfFile: encrypted) }),
                (
                    .passphraseWrong, encrypted,
                    {
                        _ = try RSAPrivateKey(contentsOfFile: encrypted, passphrase: SecretBytes("another"))
                    }
                ),
                (.wrongKeyKind, spki, { _ = try RSAPrivateKey(contentsOfFile: spki) }),
                (.malformedKey, rubbish, { _ = try RSAPublicKey(contentsOfFile: rubbish) }),
                (.malformedCertificate, rubbish, { _ = try Certificate(contentsOfFile: rubbish) }),
                (.fileUnreadable, path("none"), { _ = try RSAPrivateKey(contentsOfFile: path("none")) }),
                (.fileUnreadable, path("none"), { _ = try RSAPublicKey(contentsOfFile: path("none")) }),
                (.fileUnreadable, path("none"), { _ = try Certificate(contentsOfFile: path("none")) }),
            ]
            for (code, path, body) in cases {
                let error = try #require(thrownError(body))
                #expect(error.code == code)
                // The path appears once, and the file's content does not appear.
                #expect(error.detail.components(separatedBy: path).count == 2, "\(error)")
                #expect(!error.detail.replacing(path, with: "").contains("rubbish"))
            }
        }
    }

    @Test func encryptedKeysAreWrittenWithMode0600() throws {
        try cleaningUp {
            let pair = try TestKeys.first()
            let passphrase = try SecretBytes("a passphrase")
            let file = path("new.pem")
            try pair.write(encryptedPEMToNewFile: file, passphrase: passphrase, iterations: 1000)
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            let written = try Data(contentsOf: URL(filePath: file))
            #expect(String(decoding: written, as: UTF8.self).hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"))
            #expect(try RSAPrivateKey(contentsOfFile: file, passphrase: passphrase).publicKey == pair.publicKey)
            #expect(rejection { try RSAPrivateKey(contentsOfFile: file) } == .passphraseRequired)

            func write(_ path: String, _ passphrase: SecretBytes) -> KMError.Code? {
                rejection { try pair.write(encryptedPEMToNewFile: path, passphrase: passphrase, iterations: 1000) }
            }
            #expect(write(file, passphrase) == .fileExists)
            #expect(try Data(contentsOf: URL(filePath: file)) == written)
            #expect(write(path("no folder/key.pem"), passphrase) == .fileUnwritable)
            #expect(try write(path("other.pem"), SecretBytes(copying: [UInt8]())) == .invalidSize)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["new.pem"])
        }
    }
}
