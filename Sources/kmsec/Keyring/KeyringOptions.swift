import ArgumentParser
import Foundation
import KMCommandLine
import KMSecurity

/// The keyring file and its passphrases.
struct KeyringOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("The keyring file.", valueName: "file"), completion: .file())
    var file: String

    @OptionGroup var passphrases: KeyringPassphraseOptions

    /// The file on disk.
    var store: KeyringStore {
        KeyringStore(path: file, passphrases: passphrases.source { try KeyringStore.custodianCount(path: file) })
    }
}

/// The options for the passphrases of a keyring file.
struct KeyringPassphraseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file with a passphrase; twice for two custodians. Without an option, you are asked on the terminal.",
            valueName: "file"
        ),
        completion: .file()
    )
    var passphraseFile: [String] = []

    @Option(help: ArgumentHelp("The descriptor to read a passphrase from.", valueName: "number"))
    var passphraseFd: [Int32] = []

    @Option(help: ArgumentHelp("The environment variable with a passphrase.", valueName: "name"))
    var passphraseEnv: [String] = []

    private var sources: PassphraseSources {
        PassphraseSources(files: passphraseFile, descriptors: passphraseFd, variables: passphraseEnv)
    }

    func validate() throws { try sources.check("--passphrase-fd") }

    /// Returns what reads the passphrases: from files, then descriptors, then variables, or from the terminal.
    ///
    /// - Parameters:
    ///   - isNew: Whether the terminal asks for each passphrase twice.
    ///   - custodianCount: Returns the number of passphrases to ask for on the terminal.
    /// - Returns: The source of the passphrases.
    func source(isNew: Bool = false, custodianCount: @escaping @Sendable () throws -> Int) -> KeyringPassphrases {
        sources.source(isNew: isNew, custodianCount: custodianCount)
    }
}

/// Where the options of a command say that passphrases are.
struct PassphraseSources: Sendable {
    let files: [String]
    let descriptors: [Int32]
    let variables: [String]

    /// The number of passphrases.
    var count: Int { files.count + descriptors.count + variables.count }

    /// Whether the passphrases are typed on the terminal.
    var isEmpty: Bool { count == 0 }

    /// Checks the options; `option` is the name of the one with descriptors.
    func check(_ option: String) throws {
        guard count <= 2 else { throw ValidationError("give at most two passphrases, one for each custodian") }
        guard descriptors.allSatisfy({ $0 >= 0 }) else { throw ValidationError("\(option) must be 0 or more") }
    }

    /// Returns what reads the passphrases, in the order of the members, or from the terminal.
    func source(isNew: Bool, custodianCount: @escaping @Sendable () throws -> Int) -> KeyringPassphrases {
        KeyringPassphrases {
            guard !isEmpty else { return try PassphrasePrompt.ask(custodians: custodianCount(), isNew: isNew) }
            let read = try (files + descriptors.map { "/dev/fd/\($0)" }).map { path in
                warnIfExposed(path)
                return try SecretBytes(contentsOfFile: path).withoutTrailingNewline()
            }
            return try read + variables.map(secret(inEnvironment:))
        }
    }
}

/// The options of commands that change a keyring file.
struct KeyringChangeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The reason of the change, for the audit log.", valueName: "text"))
    var reason: String?

    func validate() throws {
        guard let reason else { return }
        guard reason.utf8.count <= 1000 else { throw ValidationError("--reason must be at most 1000 bytes") }
        guard !mayHoldCardNumber(reason) else {
            throw ValidationError(
                "--reason has 12 or more digits in a row, which could be a card number, and the audit log is kept "
                    + "unencrypted; leave the number out"
            )
        }
    }

    /// The user of the process, with the reason.
    var author: KeyringStore.Author { KeyringStore.Author(NSUserName(), reason: reason ?? "") }
}

/// The options of commands whose step of a rotation is guarded.
struct KeyringGuardOptions: ParsableArguments {
    @OptionGroup var censuses: KeyringCensusOptions

    @OptionGroup var change: KeyringChangeOptions

    @Flag(
        help: "Make the step although something blocks it; requires --reason. The audit log records what was ignored."
    )
    var insecureForce = false

    func validate() throws {
        guard insecureForce, (change.reason ?? "").isEmpty else { return }
        throw ValidationError("--insecure-force requires --reason TEXT")
    }
}

/// The option for censuses that are not beside the keyring file.
struct KeyringCensusOptions: ParsableArguments {
    @Option(
        name: .customLong("census"),
        help: ArgumentHelp(
            "A node's census, if it is not beside the keyring file as FILE.NODE.census; can be repeated.",
            valueName: "file"
        ),
        completion: .file()
    )
    var paths: [String] = []
}

/// The id of a key in the keyring file.
struct KeyringKeyOptions: ParsableArguments {
    @Argument(help: "The key's id.", transform: CryptoKeyID.init(_:))
    var id: CryptoKeyID
}

extension KeyringOptions {
    /// Makes a change, and reports it.
    ///
    /// - Parameters:
    ///   - options: The options of the guards.
    ///   - step: The guarded step.
    ///   - change: The change.
    /// - Throws: As ``KeyringStore``'s method of the same name.
    func update(
        _ options: KeyringGuardOptions,
        guardedAs step: RotationGuards.Step,
        _ change: (inout KeyringFile) throws -> KeyringFile.Change
    ) throws {
        let (file, overridden, faults) = try store.update(
            by: options.change.author,
            guardedAs: step,
            censuses: options.censuses.paths,
            isForced: options.insecureForce,
            change
        )
        for blocker in overridden { Messages.warning("ignored: \(blocker.reason)") }
        for fault in faults { Messages.warning("no census: \(fault.text)") }
        try report(file)
    }

    /// Makes a change that has no guards, and reports it.
    func update(
        _ options: KeyringChangeOptions,
        _ change: (inout KeyringFile) throws -> KeyringFile.Change
    ) throws {
        try report(store.update(by: options.author, change).file)
    }

    /// Reports a new generation, and who must load it.
    func report(_ file: KeyringFile) throws {
        try Streams.writeLine("generation \(file.generation)")
        for key in file.keys where key.state != .destroyed || key.changedIn == file.generation {
            try Streams.writeLine(KeyringText.line(key, file))
        }
        guard !file.nodes.isEmpty else { return }
        Messages.note("copy \(self.file) to each node that has its own copy: \(file.nodes.joined(separator: ", "))")
    }
}

/// Whether a text has what messages mask as a possible card number.
func mayHoldCardNumber(_ text: String) -> Bool {
    MessageMasking.apply(to: text).count { $0 == "*" } > text.count { $0 == "*" }
}

/// Keys in words.
enum KeyringText {
    /// The id, the state and the use of a key.
    static func line(_ key: KeyringFile.Key, _ file: KeyringFile) -> String {
        var words = ["\(key.id)", key.state.rawValue]
        if key.id == file.primaryID { words.append("primary") }
        if key.id == file.firstIssuedID { words.append("callbacks") }
        if let peer = key.peer { words.append("peer:\(peer.state.rawValue)") }
        return words.joined(separator: " ")
    }
}
