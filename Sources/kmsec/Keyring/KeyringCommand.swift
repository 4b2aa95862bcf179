import ArgumentParser
import Foundation
import KMCommandLine
import KMSecurity

/// Groups the commands for the keyring file and its rotation.
struct KeyringCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keyring",
        abstract: "Keep the crypto keys of one party in a file, and rotate them.",
        discussion: """
            The file holds the peer's certificates, and the own private keys under a passphrase. Servers and clients \
            follow it without a restart. Each node writes FILE.NODE.census, which discard needs to know that a key is not \
            used any more. FILE.log is an audit log; a change by anyone without the passphrase is found. Start with init, and follow plan.
            """,
        subcommands: [
            KeyringInitCommand.self, KeyringAddCommand.self, KeyringListCommand.self, KeyringPlanCommand.self,
            KeyringPromoteCommand.self, KeyringSuspendCommand.self, KeyringReactivateCommand.self,
            KeyringDeactivateCommand.self, KeyringDiscardCommand.self, KeyringCompromiseCommand.self,
            KeyringPeerCommand.self, KeyringSetCommand.self, KeyringPassphraseCommand.self, KeyringCensusCommand.self,
            KeyringVerifyLogCommand.self, KeyringExportCommand.self, KeyringFollowCommand.self,
            KeyringInventoryCommand.self,
        ]
    )
}

/// Makes a keyring file without keys.
struct KeyringInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a keyring file (mode 0600) without keys, and its audit log.",
        discussion: """
            The private keys in the file will be encrypted under a key that scrypt derives from the passphrase. With two \
            passphrases, one for each custodian, the file opens only with both.
            """
    )

    @Argument(help: ArgumentHelp("The new file, which must not exist.", valueName: "file"), completion: .file())
    var file: String

    @Option(help: "The party that uses the file.")
    var role: KeyringFile.Role

    @Option(
        name: .customLong("node"),
        help: ArgumentHelp("The name of a process that will use the file; can be repeated.", valueName: "name")
    )
    var nodes: [String] = []

    @Option(help: ArgumentHelp("The time for which a key must be unused before discard.", valueName: "seconds"))
    var soak = KeyringFile.standardSoakSeconds

    @Option(help: "The number of custodians to ask on the terminal, 1 or 2.")
    var custodians = 1

    @Flag(help: "Use scrypt with N = 1024 in place of 131072. An attacker tries passphrases 128 times as fast.")
    var insecureFastPassphrase = false

    @OptionGroup var passphrases: KeyringPassphraseOptions

    @OptionGroup var change: KeyringChangeOptions

    func validate() throws {
        guard (1...2).contains(custodians) else { throw ValidationError("--custodians must be 1 or 2") }
        _ = try nodesAndSoak(nodes) { try KeyringFile(role: role, nodes: nodes, soakSeconds: soak) }
    }

    func run() throws {
        let store = KeyringStore(
            path: file,
            passphrases: passphrases.source(isNew: true) { [custodians] in custodians },
            cost: try insecureFastPassphrase ? ScryptCost(n: 1024, r: 8, p: 1) : .standard
        )
        try store.create(KeyringFile(role: role, nodes: nodes, soakSeconds: soak), by: change.author)
        try Streams.writeLine("generation 1")
    }
}

/// Makes the errors of names and times errors of usage.
func nodesAndSoak<Result>(_ nodes: [String], _ body: () throws -> Result) throws -> Result {
    guard !nodes.contains(where: mayHoldCardNumber) else {
        throw ValidationError("the name of a node has 12 or more digits in a row, which could be a card number")
    }
    do {
        return try body()
    } catch let error as KMError where error.code == .keyringFileInvalid {
        throw ValidationError(error.detail)
    }
}

/// Adds a key.
struct KeyringAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a key in the state pre-activation.",
        usage: """
            kmsec keyring add <file> --id <id> [--certificate <file>]
                              [--private-key <file> [--private-key-passphrase-file <file>] |
                               --private-key <uri> [--pin-file <file> | --pin-fd <number> | --pin-env <name>] |
                               --private-key-reference <path>]
                              [--issued-at <time>] [--census <file> ...]
                              [--passphrase-file <file> ...] [--passphrase-fd <number> ...]
                              [--passphrase-env <name> ...] [--reason <text>] [--insecure-force]
            """,
        discussion: """
            The key opens and answers what the peer sends under it. It begins no message before promote. A provider \
            needs both the platform's certificate and its own private key.
            """
    )

    @OptionGroup var keyring: KeyringOptions

    @Option(help: "The key's id, as the platform issued it.", transform: CryptoKeyID.init(_:))
    var id: CryptoKeyID

    @Option(help: ArgumentHelp("The peer's certificate, PEM or DER.", valueName: "file"), completion: .file())
    var certificate: String?

    @Option(
        help: ArgumentHelp(
            "The own private key, which is copied into the file; or the pkcs11: URI of a key in an HSM, which stays there.",
            valueName: "file"
        ),
        completion: .file()
    )
    var privateKey: String?

    @Option(
        help: ArgumentHelp(
            "The own private key, unencrypted, which stays where it is; a relative path begins at the keyring file.",
            valueName: "path"
        ),
        completion: .file()
    )
    var privateKeyReference: String?

    @Option(
        help: ArgumentHelp("The file with the passphrase of --private-key.", valueName: "file"),
        completion: .file()
    )
    var privateKeyPassphraseFile: String?

    @Option(
        help: ArgumentHelp(
            "When the platform issued the key, such as 2026-11-25T03:00:00Z (default: now).",
            valueName: "time"
        ),
        transform: utcTime
    )
    var issuedAt: Date?

    @OptionGroup var hsm: HSMOptions

    @OptionGroup var options: KeyringGuardOptions

    func validate() throws {
        try hsm.check(privateKey)
        guard privateKey == nil || privateKeyReference == nil else {
            throw ValidationError("give --private-key or --private-key-reference, not both")
        }
        guard certificate != nil || privateKey != nil || privateKeyReference != nil else {
            throw ValidationError("give --certificate, --private-key or both")
        }
        guard privateKeyPassphraseFile == nil || privateKey.map(HSMKey.isURI) == false else {
            throw ValidationError("--private-key-passphrase-file requires --private-key with a file")
        }
    }

    /// Returns the own private key, after a check that it can be used.
    ///
    /// The nodes use it too, so an error here is better than one there.
    private func ownKey() async throws -> KeyringFile.PrivateKey? {
        if let path = privateKeyReference {
            _ = try RSAPrivateKey(contentsOfFile: keyring.store.path(ofReference: path))
            return .file(path)
        }
        guard let privateKey else { return nil }
        if HSMKey.isURI(privateKey) {
            try await HSMKey.use(privateKey, hsm) { _ in }
            return .uri(privateKey)
        }
        warnIfExposed(privateKey)
        let passphrase = try privateKeyPassphraseFile.map {
            try SecretBytes(contentsOfFile: $0).withoutTrailingNewline()
        }
        return .sealed(try RSAPrivateKey(contentsOfFile: privateKey, passphrase: passphrase))
    }

    func run() async throws {
        let peer = try certificate.map(Certificate.init(contentsOfFile:))
        let own = try await ownKey()
        let now = Date.now
        try keyring.update(options, guardedAs: .add) {
            try $0.add(
                id,
                certificate: peer,
                privateKey: own,
                issuedAt: issuedAt ?? now,
                at: now
            )
        }
    }
}
