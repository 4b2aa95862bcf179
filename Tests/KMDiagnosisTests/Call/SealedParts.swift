import KMJOSE
import KMPrimitives
import KMSecurity
import KMTestSupport

/// The parts of a JWE, which a test can make with any mistake.
struct SealedParts {
    var header = #"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#.bytes
    var contentKey = [UInt8](1...32)
    /// The content key's text that is encrypted; nil for the content key itself.
    var wrapped: [UInt8]?
    /// Returns the encrypted key.
    var wrap: ([UInt8]) throws -> [UInt8] = { key in try TestKeys.first().publicKey.encryptOAEP(key.span) }
    /// The additional data; nil for the header in base64url.
    var associatedData: [UInt8]?
    var plaintext: [UInt8]
    var iv = [UInt8](repeating: 7, count: 12)
    /// Changes the ciphertext and the tag before they are encoded.
    var change: (inout [UInt8], inout [UInt8]) -> Void = { _, _ in }

    func texts() throws -> [String] {
        let encoded = Base64.url.encode(header)
        let data = associatedData ?? encoded.bytes
        let (ciphertext, tag) = try AESGCM(key: SecretBytes(copying: contentKey)).seal(
            plaintext.span,
            iv: iv.span,
            associatedData: data.span
        )
        var parts = (ciphertext, tag)
        change(&parts.0, &parts.1)
        return [encoded] + [try wrap(wrapped ?? contentKey), iv, parts.0, parts.1].map(Base64.url.encode)
    }

    func text() throws -> String { try texts().joined(separator: ".") }

    func body() throws -> [UInt8] { #"{"encData":"\#(try text())"}"#.bytes }

    /// Encrypts to the server's key with the `openssl` command and its options for a padding.
    static func openSSL(_ options: String) -> ([UInt8]) throws -> [UInt8] {
        { key in
            let command = try OpenSSLCommand()
            defer { command.cleanUp() }
            try command.write(TestKeys.first().publicKey.pemRepresentation(), to: "public.pem")
            try command.write(key, to: "key")
            let pairs = options.split(separator: " ").map { "-pkeyopt \($0)" }.joined(separator: " ")
            return try command("pkeyutl -encrypt -pubin -inkey public.pem -in key \(pairs)")
        }
    }
}
