import ArgumentParser
import Foundation
import KMCommandLine
import KMJOSE
import KMSecurity

/// Decrypts a body, or chosen fields of it.
struct DecryptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decrypt",
        abstract: "Decrypt a body or a JWE compact serialization to the original parameters, byte for byte.",
        discussion: """
            With --field, each value that a path matches is decrypted in place. If one of them cannot be decrypted, \
            nothing is written.
            """
    )

    @Option(
        help: ArgumentHelp(
            "The private key: a file (PKCS#8, PKCS#1 or PKCS#12), or the pkcs11: URI of a key in an HSM.",
            valueName: "private-key"
        ),
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

    @OptionGroup var hsm: HSMOptions

    @OptionGroup var input: InputOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        try hsm.check(with)
        guard !HSMKey.isURI(with) || (passphrase.passphraseFile == nil && passphrase.passphraseEnv == nil) else {
            throw ValidationError("a private key in an HSM needs no passphrase; give the PIN with --pin-file")
        }
    }

    func run() async throws {
        guard !HSMKey.isURI(with) else { return try await HSMKey.use(with, hsm) { try await decrypt(with: $0) } }
        warnIfExposed(with)
        try await decrypt(with: RSAPrivateKey(contentsOfFile: with, passphrase: passphrase.load()))
    }

    private func decrypt(with key: any ContentKeyUnwrapper) async throws {
        guard case .fields(let selection) = try fields.protection() else {
            let policy = JWEPolicy(maximumByteCount: Streams.maximumByteCount)
            let message = try JWEInput.message(in: input.readAll(expecting: "a body or a JWE is"))
            return try await output.write(key.decrypt(message, keyID: keyID, policy: policy))
        }
        // Without --key-id, a field may name any key, as a whole message may. The id of zeros only finds the key in the
        // keyring.
        let id = try keyID ?? CryptoKeyID(String(repeating: "0", count: 32))
        let cipher = try ParameterCipher(
            keyring: CryptoKeyring([CryptoKey(id: id, decryptionKey: key, issuedAt: .now)], primary: nil),
            limits: Streams.limits
        )
        let body = try input.readAll(expecting: "a body is")
        let opened = try await cipher.openFields(
            body,
            selection,
            under: id,
            checksKeyID: keyID != nil,
            correlationID: fields.correlationID
        )
        try output.write(opened)
    }
}
