import KMPrimitives
import KMTestSupport
import Testing

@Suite("Decryption with mistaken paddings")
struct MistakenPaddingTests {
    private static let options: [(RSAPrivateKey.MistakenPadding, String)] = [
        (.oaepSHA1, "rsa_padding_mode:oaep rsa_oaep_md:sha1"),
        (.oaepSHA256WithMGF1SHA1, "rsa_padding_mode:oaep rsa_oaep_md:sha256 rsa_mgf1_md:sha1"),
        (.oaepSHA384, "rsa_padding_mode:oaep rsa_oaep_md:sha384"),
        (.oaepSHA512, "rsa_padding_mode:oaep rsa_oaep_md:sha512"),
        (.pkcs1v15, "rsa_padding_mode:pkcs1"),
    ]

    private func encrypt(_ message: [UInt8], _ options: String) throws -> [UInt8] {
        let command = try OpenSSLCommand()
        defer { command.cleanUp() }
        try command.write(TestKeys.first().publicKey.pemRepresentation(), to: "public.pem")
        try command.write(message, to: "message")
        let pairs = options.split(separator: " ").map { "-pkeyopt \($0)" }.joined(separator: " ")
        return try command("pkeyutl -encrypt -pubin -inkey public.pem -in message \(pairs)")
    }

    @Test("A ciphertext of the openssl command decrypts with its own padding only", arguments: Self.options)
    func ownPadding(padding: RSAPrivateKey.MistakenPadding, options: String) throws {
        let ciphertext = try encrypt([1, 2, 3], options)
        for other in RSAPrivateKey.MistakenPadding.allCases {
            let found = try TestKeys.first().diagnosticDecrypt(ciphertext.span, padding: other)
            #expect(found?.exposed == (other == padding ? [1, 2, 3] : nil))
        }
        #expect(try TestKeys.second().diagnosticDecrypt(ciphertext.span, padding: padding) == nil)
        #expect(OpenSSL.drainErrorQueue() == 0)
    }

    @Test("A ciphertext of OAEP with SHA-256 has no mistaken padding")
    func correctPadding() throws {
        let message: [UInt8] = [1, 2, 3]
        let ciphertext = try TestKeys.first().publicKey.encryptOAEP(message.span)
        for padding in RSAPrivateKey.MistakenPadding.allCases {
            #expect(try TestKeys.first().diagnosticDecrypt(ciphertext.span, padding: padding) == nil)
        }
    }

    @Test("A ciphertext of another size does not decrypt", arguments: [0, 1, 255, 257, 384])
    func otherSize(count: Int) throws {
        let ciphertext = [UInt8](repeating: 1, count: count)
        for padding in RSAPrivateKey.MistakenPadding.allCases {
            #expect(try TestKeys.first().diagnosticDecrypt(ciphertext.span, padding: padding) == nil)
        }
        #expect(OpenSSL.drainErrorQueue() == 0)
    }
}
