import ArgumentParser
import Foundation
import KMSecurity

/// Encrypts parameters.
struct EncryptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encrypt",
        abstract: "Encrypt parameters: one JSON text in, the protected body out.",
        discussion: """
            Without --field the whole text is encrypted, into {"encData":"…"}; with it, each value that a path reaches, in \
            its place, and every other byte stays. Paths are RFC 9535 JSONPath: names, indexes and *, such as \
            '$.issuedCardList[*].digital.cardNo'. The body comes without a newline behind it: these are the bytes to sign \
            and to send.
            """
    )

    @Option(
        help: ArgumentHelp("The receiver's public key or X.509 certificate, PEM or DER.", valueName: "certificate"),
        completion: .file()
    )
    var to: String

    @Option(help: "The key's id, as X-KM-Crypto-Key-Id will name it.", transform: CryptoKeyID.init(_:))
    var keyID: CryptoKeyID

    @Option(help: "The dialect that is written.")
    var profile = WireProfile.documented

    @Option(help: "The content encryption (default: A256GCM as documented, A128GCM as gateway).")
    var enc: ContentEncryptionAlgorithm?

    @OptionGroup var fields: FieldOptions

    @Flag(help: "Encrypt to a certificate outside its validity too.")
    var anyTime = false

    @OptionGroup var input: InputOptions

    @OptionGroup var output: OutputOptions

    func run() throws {
        let key = try KeyFiles.publicHalf(to, id: keyID, anyTime: anyTime)
        let cipher = try ParameterCipher(
            keyring: CryptoKeyring(key),
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
