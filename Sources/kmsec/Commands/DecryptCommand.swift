import ArgumentParser
import KMJOSE
import KMSecurity

/// Decrypts a body.
struct DecryptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decrypt",
        abstract: "Decrypt a body, or a bare JWE compact serialization: the parameters come out, byte for byte."
    )

    @Option(help: "The private key: PKCS#8, PKCS#1 or PKCS#12.", completion: .file())
    var with: String

    @Option(
        help: "The id that X-KM-Crypto-Key-Id names; a message that names another key is refused.",
        transform: CryptoKeyID.init(_:)
    )
    var keyID: CryptoKeyID?

    @OptionGroup var passphrase: PassphraseOptions

    func run() throws {
        let key = try KeyFiles.privateKey(with, passphrase: passphrase.load())
        let policy = JWEPolicy(maximumByteCount: Streams.maximumByteCount)
        let message = try JWEInput.message(in: Streams.readAll())
        let opened = try JWEDecryptor(with: key, policy: policy).decrypt(message, keyID: keyID?.text)
        try Streams.write(opened.plaintext)
    }
}

/// What a person has at hand: a body, or the JWE alone.
enum JWEInput {
    /// The JWE's bytes.
    ///
    /// A bare one may have white space around it, which no JWE has itself.
    static func message(in input: [UInt8]) throws -> [UInt8] {
        let whiteSpace = Set(" \t\r\n".utf8)
        guard let first = input.firstIndex(where: { !whiteSpace.contains($0) }),
            let last = input.lastIndex(where: { !whiteSpace.contains($0) })
        else { throw KMError(.malformedBody, "standard input is empty; a body or a JWE is due") }
        return input[first] == UInt8(ascii: "{") ? try EncryptedBody.message(of: input) : Array(input[first...last])
    }
}
