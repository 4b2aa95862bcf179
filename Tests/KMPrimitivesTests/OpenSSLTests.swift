import KMPrimitives
import KMTestSupport
import Testing

@Suite struct OpenSSLTests {
    @Test func theVersionIsReported() {
        #expect(OpenSSL.version.hasPrefix("OpenSSL 3.") || OpenSSL.version.hasPrefix("OpenSSL 4."))
    }

    /// OpenSSL tries several decoders for one key, so a success can leave errors in the queue too.
    @Test func successLeavesTheErrorQueueEmpty() throws {
        let passphrase = try SecretBytes("secret")
        let operations: [() throws -> Void] = [
            { for name in PublicKeyFormatTests.formats { _ = try RSAPublicKey(parsing: KeyFiles[name]) } },
            { for name in PrivateKeyFormatTests.plain { _ = try RSAPrivateKey(parsing: KeyFiles[name]) } },
            {
                for name in PrivateKeyFormatTests.encrypted {
                    _ = try RSAPrivateKey(parsing: KeyFiles[name], passphrase: passphrase)
                }
            },
            { _ = try Certificate(parsing: KeyFiles["certificate.pem"]) },
            { _ = try TestKeys.first().insecurePKCS8PEM() },
            { _ = try TestKeys.first().encryptedPKCS8PEM(passphrase: passphrase, iterations: 1000) },
            { _ = try TestKeys.first().publicKey.pemRepresentation() },
            { _ = try TestKeys.first().publicKey.modulus() },
            { _ = try RSAPrivateKey.generate() },
            { _ = try TestKeys.first().decryptOAEP(TestKeys.first().publicKey.encryptOAEP([1])) },
        ]
        for (index, operation) in operations.enumerated() {
            try operation()
            #expect(OpenSSL.drainErrorQueue() == 0, "\(index)")
        }
    }
}
