import ArgumentParser
import Foundation
import KMCommandLine
import KMJOSE
import KMSecurity

/// Decrypts a body, or chosen fields of it.
struct DecryptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decrypt",
        abstract: "Decrypt a body or a JWE compact serialization to the original parameters, byte for byte.",
        discussion: """
            With --field, each value that a path matches is decrypted in place. If one of them cannot be decrypted, \
            nothing is written.
            """
    )

    @Option(
        help: ArgumentHelp("The private key: PKCS#8, PKCS#1 or PKCS#12.", valueName: "private-key"),
        completion: .file()
    )
    var with: String

    @Option(
        help: "The key id from X-KM-Crypto-Key-Id; a message that names a different key is rejected.",
        transform: CryptoKeyID.init(_:)
    )
    var keyID: CryptoKeyID?

    @OptionGroup var fields: FieldOptions

    @OptionGroup var passphrase: PassphraseOptions

    @OptionGroup var input: InputOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        warnIfExposed(with)
        let key = try RSAPrivateKey(contentsOfFile: with, passphrase: passphrase.load())
        if case .fields(let selection) = try fields.protection() {
            // Without --key-id, a field may name any key, as a whole message may. The id of zeros only finds the key in
            // the keyring.
            let id = try keyID ?? CryptoKeyID(String(repeating: "0", count: 32))
            let cipher = try ParameterCipher(
                keyring: CryptoKeyring([CryptoKey(id: id, decryptionKey: key, issuedAt: .now)], primary: nil),
                limits: Streams.limits
            )
            let body = try input.readAll(expecting: "a body is")
            return try output.write(
                keyID == nil
                    ? cipher.openFields(body, selection, correlationID: fields.correlationID, underAnyNamed: id)
                    : cipher.open(body, .fields(selection), under: id, correlationID: fields.correlationID)
            )
        }
        let policy = JWEPolicy(maximumByteCount: Streams.maximumByteCount)
        let message = try JWEInput.message(in: input.readAll(expecting: "a body or a JWE is"))
        let opened = try JWEDecryptor(with: key, policy: policy).decrypt(message, keyID: keyID?.text)
        try output.write(opened.plaintext)
    }
}
