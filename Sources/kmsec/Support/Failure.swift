import ArgumentParser
import Foundation
import KMSecurity

/// How a command ends that did not do its work.
enum Failure {
    /// Tells `error` on standard error, with a hint where there is a cure, and ends the process.
    static func report(_ error: any Error) -> Never {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let node = try? CommandTree.node(calledBy: arguments)
        if let error = error as? KMError {
            Messages.error("\(error)")
            if let hint = hint(for: error.code, node) { Messages.hint(hint) }
            exit(1)
        }
        if let error = error as? CommandTree.UnknownCommand {
            Messages.error("\(error)")
            Messages.hint(error.hint)
            exit(ExitCode.validationFailure.rawValue)
        }
        let code = KMSec.exitCode(for: error)
        // The parser's own suggestions have no bound: it takes --pan for --json.
        let message = KMSec.message(for: error).replacing(#/\. Did you mean '[^']*'\?$/#, with: "")
        // Help is no message, and a bare exit status has none.
        guard code != .success, !message.isEmpty else { KMSec.exit(withError: error) }
        Messages.error(message)
        if code == .validationFailure { Messages.hint(usageHint(message, arguments, node)) }
        exit(code.rawValue)
    }

    private static func hint(for code: KMError.Code, _ node: CommandTree.Node?) -> String? {
        switch code {
        case .passphraseRequired: "give --passphrase-file FILE, or --passphrase-env NAME"
        case .wrongKeyKind:
            "encrypt takes the public key or certificate of the receiver, decrypt the receiver's private key"
        case .authenticationFailed:
            "the key is another one, or the message was changed on its way; kmsec jwe inspect shows which key it names"
        case .tokenMismatch:
            """
            the body must be the very bytes that were sent, and the secret the one that was used; kmsec token explain \
            looks for the cause
            """
        case .keyCheckFailed: "look at --key-file and --key-version; with a different key, every PAR is different"
        case .tokenStale: "look at both clocks and at --zone; --any-time checks the MAC alone, --tolerance allows more"
        case .keyIDMismatch: "give the --key-id that X-KM-Crypto-Key-Id names"
        case .fieldMissing:
            """
            look for the path's names in the text, or allow what does not match with --allow-unmatched; a body of message \
            level, {\"encData\":\"…\"}, takes no --field
            """
        case .certificateNotValid: "ask for a new certificate; --any-time takes one outside its validity"
        case .protectionRequired where node?.command is JWEInspectCommand.Type:
            "nothing in this body is encrypted; it can be read as it is"
        case .protectionRequired:
            "a body of message level is {\"encData\":\"…\"}; at field level decrypt takes --field"
        case .bodyNotQuotable: "give --body-file FILE: the body goes into it, and curl sends it from there"
        default: nil
        }
    }

    /// What people try, and what is meant.
    private static let corrections = [
        (
            "--secret",
            "secrets are not taken from arguments, which others can see: --secret-file FILE or --secret-env NAME"
        ),
        ("--pass", "passphrases are not taken from arguments: --passphrase-file FILE or --passphrase-env NAME"),
        ("--private", "the private key is --with FILE"),
        ("--public", "the public key or certificate is --to FILE"),
        ("--cert", "a certificate is given as --to FILE"),
        ("--kid", "the key id is --key-id ID"),
        ("--in", "the input is a file, or standard input: kmsec … FILE"),
        ("--out", "output goes to standard output, or to a file: -o FILE"),
        ("-i", "the input is a file, or standard input: kmsec … FILE"),
    ]

    /// The hint for the first option that the command does not have.
    ///
    /// The error alone does not do: it may be about what is missing since another option was meant to be it.
    private static func usageHint(_ message: String, _ arguments: [String], _ node: CommandTree.Node?) -> String {
        if let name = message.firstMatch(of: /^the environment has no variable ([A-Z_0-9]+)$/)?.1 {
            return "run export \(name) first; kmsec does not see a variable that is set and not exported"
        }
        if message.hasPrefix("the environment has no variable of the name") {
            return "give the variable's name, without a $ before it"
        }
        guard let node else { return generalHint }
        let known = Set(node.options)
        let given = arguments.prefix { $0 != "--" }.map { String($0.prefix { $0 != "=" }) }
        for option in given where option.hasPrefix("-") && !known.contains(option) {
            if option == "-o", known.contains("--out") { return "the output is --out PATH" }
            if let correction = corrections.first(where: { option.hasPrefix($0.0) }) { return correction.1 }
            if let name = EditDistance.nearest(to: option, among: node.options) {
                return "there is no option \(option); did you mean \(name)?"
            }
        }
        let name = node.words.dropFirst().joined(separator: " ")
        return node.subcommands.isEmpty ? "kmsec help \(name) describes its options" : generalHint
    }

    private static let generalHint = "kmsec help lists the commands, kmsec help COMMAND their options"
}
