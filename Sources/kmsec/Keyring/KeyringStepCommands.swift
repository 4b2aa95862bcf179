import ArgumentParser
import Foundation
import KMSecurity

/// Makes a key active.
struct KeyringPromoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Make a key active; in a provider's file, requests are then encrypted under it.",
        discussion: """
            Blocked until the peer has said that all its nodes hold the key, and until every listed node of this party \
            has loaded the current generation.
            """
    )

    @OptionGroup var keyring: KeyringOptions

    @OptionGroup var key: KeyringKeyOptions

    @OptionGroup var options: KeyringGuardOptions

    func run() throws {
        try keyring.update(options, guardedAs: .promote(key.id)) { try $0.promote(key.id, at: .now) }
    }
}

/// The option that names the key of callbacks.
struct KeyringCallbackOptions: ParsableArguments {
    @Option(
        help: "The key that callbacks use from now on; required if that changes.",
        transform: CryptoKeyID.init(_:)
    )
    var callbacksMoveTo: CryptoKeyID?
}

/// Takes a key out of use for a while.
struct KeyringSuspendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend",
        abstract: "Begin no message under a key for a while; reactivate ends it."
    )

    @OptionGroup var keyring: KeyringOptions

    @OptionGroup var key: KeyringKeyOptions

    @OptionGroup var callbacks: KeyringCallbackOptions

    @OptionGroup var options: KeyringGuardOptions

    func run() throws {
        try keyring.update(options, guardedAs: .deactivate(key.id)) {
            try $0.deactivate(key.id, isSuspension: true, callbacksMoveTo: callbacks.callbacksMoveTo, at: .now)
        }
    }
}

/// Ends the suspension of a key.
struct KeyringReactivateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reactivate",
        abstract: "Make a suspended key active again."
    )

    @OptionGroup var keyring: KeyringOptions

    @OptionGroup var key: KeyringKeyOptions

    @OptionGroup var options: KeyringGuardOptions

    func run() throws {
        try keyring.update(options, guardedAs: .reactivate(key.id)) { try $0.reactivate(key.id, at: .now) }
    }
}

/// Begins to retire a key.
struct KeyringDeactivateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deactivate",
        abstract: "Begin to retire a key: it begins no message any more, and still opens and answers.",
        discussion: "The key cannot become active again, because the peer may rely on that."
    )

    @OptionGroup var keyring: KeyringOptions

    @OptionGroup var key: KeyringKeyOptions

    @OptionGroup var callbacks: KeyringCallbackOptions

    @OptionGroup var options: KeyringGuardOptions

    func run() throws {
        try keyring.update(options, guardedAs: .deactivate(key.id)) {
            try $0.deactivate(key.id, isSuspension: false, callbacksMoveTo: callbacks.callbacksMoveTo, at: .now)
        }
    }
}

/// Erases a key.
struct KeyringDiscardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Erase a key from the file: its private key and certificate. This cannot be undone.",
        discussion: """
            Blocked until the peer has said that it stopped using the key, and until the censuses of all listed nodes \
            show that it was unused for the whole soak time. A compromised key is erased at once.
            """
    )

    @OptionGroup var keyring: KeyringOptions

    @OptionGroup var key: KeyringKeyOptions

    @OptionGroup var options: KeyringGuardOptions

    func run() throws {
        try keyring.update(options, guardedAs: .discard(key.id)) { try $0.discard(key.id, at: .now) }
    }
}

/// Stops all use of a key at once.
struct KeyringCompromiseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compromise",
        abstract: "Stop all use of a key at once, because it may have leaked. This cannot be undone.",
        discussion: """
            It waits for nothing: messages in transit under the key are lost, and requests that the peer sends under it \
            are rejected.
            """
    )

    @OptionGroup var keyring: KeyringOptions

    @OptionGroup var key: KeyringKeyOptions

    @Flag(help: "Compromise the primary key too; the provider then sends nothing until another key is promoted.")
    var stopSending = false

    @OptionGroup var options: KeyringChangeOptions

    func run() throws {
        try keyring.update(options) { try $0.compromise(key.id, allowsNoPrimary: stopSending, at: .now) }
    }
}

/// Records what the peer said.
struct KeyringPeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer",
        abstract: "Record what the peer's operator said about a key.",
        discussion: """
            holds: all nodes of the peer can open messages under the key. stopped: none of them begins a message under \
            it any more. destroyed: the peer has erased it.
            """
    )

    @OptionGroup var keyring: KeyringOptions

    @OptionGroup var key: KeyringKeyOptions

    @Argument(help: "What the peer said.")
    var state: KeyringFile.PeerState

    @OptionGroup var options: KeyringChangeOptions

    func run() throws {
        try keyring.update(options) { try $0.record(state, of: key.id, at: .now) }
    }
}

/// Lists the nodes anew, or sets the soak time.
struct KeyringSetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "List the nodes anew, or set the soak time.",
        discussion: """
            With --node, the given names replace the whole list. A shorter soak time, and a list without a node that it \
            had, require --reason.
            """
    )

    @OptionGroup var keyring: KeyringOptions

    @Option(
        name: .customLong("node"),
        help: ArgumentHelp("The name of a process that uses the file; can be repeated.", valueName: "name")
    )
    var nodes: [String] = []

    @Option(help: ArgumentHelp("The time for which a key must be unused before discard.", valueName: "seconds"))
    var soak: Int?

    @OptionGroup var options: KeyringChangeOptions

    func validate() throws {
        guard !nodes.isEmpty || soak != nil else { throw ValidationError("give --node NAME, --soak SECONDS or both") }
        _ = try nodesAndSoak(nodes) {
            try KeyringFile(
                role: .provider,
                nodes: nodes,
                soakSeconds: soak ?? KeyringFile.standardSoakSeconds
            )
        }
    }

    func run() throws {
        try keyring.update(options) { file in
            let (nodes, soak) = (nodes.isEmpty ? file.nodes : nodes, soak ?? file.soakSeconds)
            if (options.reason ?? "").isEmpty { try checkThatNothingIsLoosened(file, nodes, soak) }
            return try file.set(nodes: nodes, soakSeconds: soak)
        }
    }

    /// A key can be discarded earlier, or without a look at a node, so the audit log needs the reason.
    private func checkThatNothingIsLoosened(_ file: KeyringFile, _ nodes: [String], _ soak: Int) throws {
        let removed = file.nodes.filter { !nodes.contains($0) }
        guard removed.isEmpty else {
            let names = removed.joined(separator: ", ")
            throw KMError(
                .rotationBlocked,
                "the uses of a node that is not listed are not counted, so to remove \(names) requires --reason TEXT"
            )
        }
        guard soak >= file.soakSeconds else {
            throw KMError(
                .rotationBlocked,
                "a shorter soak time requires --reason TEXT; it is \(file.soakSeconds) s, and \(soak) s was given"
            )
        }
    }
}
