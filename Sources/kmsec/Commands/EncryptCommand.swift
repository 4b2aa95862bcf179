import ArgumentParser
import Foundation
import KMCommandLine
import KMSecurity

/// Encrypts parameters to a body, or chosen fields of them in place.
struct EncryptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encrypt",
        abstract: "Encrypt parameters: read one JSON text, write the encrypted body.",
        discussion: """
            Without --field, the whole text is encrypted to {"encData":"…"}. With --field, each value that a path \
            matches is encrypted in place, and all other bytes stay the same. Paths are RFC 9535 JSONPath with names, \
            indexes and *, such as '$.issuedCardList[*].digital.cardNo'. The body has no newline at its end: sign and \
            send exactly these bytes.
            """
    )

    @Option(
        help: ArgumentHelp("The receiver's public key or X.509 certificate, PEM or DER.", valueName: "certificate"),
        completion: .file()
    )
    var to: String

    @Option(help: "The id of that key: the value of X-KM-Crypto-Key-Id.", transform: CryptoKeyID.init(_:))
    var keyID: CryptoKeyID

    @Option(help: "The wire profile of the message.")
    var profile = WireProfile.documented

    @Option(help: "The content encryption algorithm (default: A256GCM for documented, A128GCM for gateway).")
    var enc: ContentEncryptionAlgorithm?

    @OptionGroup var fields: FieldOptions

    @Flag(help: "Accept a certificate that has expired or is not valid yet.")
    var anyTime = false

    @OptionGroup var input: InputOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let key = try KeyFiles.publicHalf(to, id: keyID, anyTime: anyTime)
        let cipher = try ParameterCipher(
            keyring: CryptoKeyring(primary: key),
            profile: enc.map(profile.with(encryption:)) ?? profile,
            limits: Streams.limits
        )
        let body = try cipher.seal(
            input.readAll(expecting: "the parameters, one JSON text, are"),
            fields.protection(),
            under: keyID,
            at: .now,
            correlationID: fields.correlationID
        )
        try output.write(body)
    }
}
