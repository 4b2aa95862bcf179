import ArgumentParser
import KMCommandLine
import KMPARRegistry
import KMSecurity

extension FailureHints {
    /// The hints of kmsec.
    static let ofKMSec = FailureHints(
        corrections: corrections,
        ofBlockedRotation: "kmsec keyring plan FILE shows the next steps; --insecure-force --reason TEXT ignores what "
            + "blocks one"
    ) { hint(for: $0, $1) }

    private static let corrections = [
        (
            "--secret",
            "other users can see arguments; give the secret key with --secret-file FILE or --secret-env NAME"
        ),
        (
            "--pass",
            "other users can see arguments; give the passphrase with --passphrase-file FILE or --passphrase-env NAME"
        ),
        ("--private", "give the private key with --with FILE"),
        ("--public", "give the public key or certificate with --to FILE"),
        ("--cert", "give the certificate with --to FILE"),
        ("--kid", "give the key id with --key-id ID"),
        ("--in", "give the input as a file argument, or on standard input: kmsec … FILE"),
        ("--out", "give the output file with -o FILE; without it, output goes to standard output"),
        ("-i", "give the input as a file argument, or on standard input: kmsec … FILE"),
    ]

    private static func hint(for code: KMError.Code, _ command: (any ParsableCommand.Type)?) -> String? {
        switch code {
        case .passphraseRequired: "give the passphrase with --passphrase-file FILE or --passphrase-env NAME"
        case .wrongKeyKind:
            "encrypt needs the receiver's public key or certificate; decrypt needs the receiver's private key"
        case .authenticationFailed:
            "the message was encrypted to a different key, or was changed; kmsec jwe inspect shows the key id it names"
        case .tokenMismatch:
            """
            check that the body is exactly the bytes that were sent, and that the secret key is the sender's; kmsec \
            token explain looks for the cause
            """
        case .keyCheckFailed: "check --key-file and --key-version; with a different key, every PAR is different"
        case .tokenStale:
            "check both clocks and --zone; --tolerance accepts a larger difference, --any-time checks only the MAC"
        case .keyIDMismatch: "give the value of X-KM-Crypto-Key-Id as --key-id"
        case .fieldMissing:
            """
            compare the path with the text, or give --allow-unmatched if a path need not match; a body like \
            {\"encData\":\"…\"} is decrypted without --field
            """
        case .certificateNotValid: "ask the receiver for a new certificate, or give --any-time to use this one"
        case .protectionRequired where command is JWEInspectCommand.Type:
            "this body contains no encrypted values; read it directly"
        case .protectionRequired:
            "an encrypted body is {\"encData\":\"…\"}; to decrypt single fields, give --field PATH"
        case .registryKeyMismatch:
            """
            give each key that the registry uses, with its version if that is not 1: --lookup-key 2=FILE, --sealing-key \
            2=FILE
            """
        case .bodyNotQuotable: "give --body-file FILE to write the body to a file that curl sends"
        default: nil
        }
    }
}
