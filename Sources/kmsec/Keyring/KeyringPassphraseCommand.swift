import ArgumentParser
import Foundation
import KMPrimitives
import KMSecurity

/// Changes the passphrases of a keyring file.
struct KeyringPassphraseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passphrase",
        abstract: "Change the passphrases; the keys and the audit log stay.",
        discussion: """
            A node that runs keeps its keys, and reports a fault until it gets the new passphrases. Older copies of the \
            file still open with the old ones: if somebody else knows those, rotate the keys too. A file for one \
            custodian becomes one for two if you give two new passphrases, and the reverse. The new passphrases can be \
            the old ones, to raise the cost of scrypt.
            """
    )

    @OptionGroup var keyring: KeyringOptions

    @Option(
        help: ArgumentHelp(
            "The file with a new passphrase; twice for two custodians. Without an option, you are asked on the terminal.",
            valueName: "file"
        ),
        completion: .file()
    )
    var newPassphraseFile: [String] = []

    @Option(help: ArgumentHelp("The descriptor to read a new passphrase from.", valueName: "number"))
    var newPassphraseFd: [Int32] = []

    @Option(help: ArgumentHelp("The environment variable with a new passphrase.", valueName: "name"))
    var newPassphraseEnv: [String] = []

    @Option(help: "The number of custodians to ask for new passphrases, 1 or 2 (default: as many as the file has).")
    var custodians: Int?

    @Flag(help: "Use scrypt with N = 1024 in place of 131072. An attacker tries passphrases 128 times as fast.")
    var insecureFastPassphrase = false

    @OptionGroup var options: KeyringChangeOptions

    private var new: PassphraseSources {
        PassphraseSources(files: newPassphraseFile, descriptors: newPassphraseFd, variables: newPassphraseEnv)
    }

    func validate() throws {
        try new.check("--new-passphrase-fd")
        guard (1...2).contains(custodians ?? 1) else { throw ValidationError("--custodians must be 1 or 2") }
        guard custodians == nil || new.isEmpty else {
            throw ValidationError("--custodians is for passphrases that are typed; the options give \(new.count)")
        }
    }

    func run() throws {
        let store = KeyringStore(
            path: keyring.file,
            passphrases: keyring.store.passphrases,
            cost: try insecureFastPassphrase ? ScryptCost(n: 1024, r: 8, p: 1) : .standard
        )
        let source = new.source(isNew: true) { [custodians, file = keyring.file] in
            try custodians ?? KeyringStore.custodianCount(path: file)
        }
        try keyring.report(store.changePassphrases(to: source, by: options.author))
    }
}
