import ArgumentParser
import Foundation
import KMSecurity

/// Reports the error of a command and ends the process.
enum Failure {
    /// Writes an error to standard error, with a hint if there is one, and ends the process.
    ///
    /// The exit status is 64 for wrong usage, 1 for other errors, and 0 for a request for help.
    static func report(_ error: any Error) -> Never {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let node = try? CommandTree.node(calledBy: arguments)
        if let error = error as? KMError {
            Messages.error("\(error)")
            if let hint = hint(for: error.code, node) { Messages.hint(hint) }
            exit(1)
        }
        if let error = error as? RotationBlocked {
            Messages.errors(error.blockers.map { "rotationBlocked: \($0.text)" })
            Messages.hint(
                "kmsec keyring plan FILE shows the next steps; --insecure-force --reason TEXT ignores what blocks one"
            )
            exit(1)
        }
        if error is CancellationError {
            Messages.error("stopped by a signal")
            exit(1)
        }
        if let error = error as? CommandTree.UnknownCommand {
            Messages.error("\(error)")
            Messages.hint(error.hint)
            exit(ExitCode.validationFailure.rawValue)
        }
        let code = KMSec.exitCode(for: error)
        // The parser's own suggestions are too loose: for --pan, it suggests --json.
        let message = KMSec.message(for: error).replacing(#/\. Did you mean '[^']*'\?$/#, with: "")
        // A request for help is not an error, and an exit status alone has no message.
        guard code != .success, !message.isEmpty else { KMSec.exit(withError: error) }
        Messages.error(message)
        if code == .validationFailure { Messages.hint(usageHint(message, arguments, node)) }
        exit(code.rawValue)
    }

    private static func hint(for code: KMError.Code, _ node: CommandTree.Node?) -> String? {
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
        case .protectionRequired where node?.command is JWEInspectCommand.Type:
            "this body contains no encrypted values; read it directly"
        case .protectionRequired:
            "an encrypted body is {\"encData\":\"…\"}; to decrypt single fields, give --field PATH"
        case .bodyNotQuotable: "give --body-file FILE to write the body to a file that curl sends"
        default: nil
        }
    }

    /// The beginnings of options that people try, and the hints for them.
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

    /// Returns a hint for the first option that the command does not have.
    ///
    /// The error alone is not enough: it may report a missing option whose name was mistyped.
    private static func usageHint(_ message: String, _ arguments: [String], _ node: CommandTree.Node?) -> String {
        if let name = message.firstMatch(of: /^environment variable ([A-Z_0-9]+) is not set$/)?.1 {
            return "run export \(name) first; kmsec does not see variables that are not exported"
        }
        if message.hasPrefix("the environment variable is not set") {
            return "give the name of the variable, without a $"
        }
        guard let node else { return generalHint }
        let known = Set(node.options)
        let given = arguments.prefix { $0 != "--" }.map { String($0.prefix { $0 != "=" }) }
        for option in given where option.hasPrefix("-") && !known.contains(option) {
            if option == "-o", known.contains("--out") { return "give the output path with --out PATH" }
            if let correction = corrections.first(where: { option.hasPrefix($0.0) }) { return correction.1 }
            if let name = EditDistance.nearest(to: option, among: node.options) {
                return "there is no option \(option); did you mean \(name)?"
            }
        }
        let name = node.words.dropFirst().joined(separator: " ")
        return node.subcommands.isEmpty ? "kmsec help \(name) describes its options" : generalHint
    }

    private static let generalHint = "kmsec help lists the commands; kmsec help COMMAND describes the options of one"
}
