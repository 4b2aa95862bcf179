import ArgumentParser
import Foundation
import KMCommandLine
import KMSecurity

/// Lists the keys.
struct KeyringListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the keys with their states."
    )

    @OptionGroup var keyring: KeyringOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let file = try keyring.store.open().file
        if json { return try Streams.writeJSON(KeyringList(file)) }
        try Streams.writeLine("\(file.role.rawValue), generation \(file.generation), soak time \(file.soakSeconds) s")
        try Streams.writeLine("nodes: \(file.nodes.isEmpty ? "none" : file.nodes.joined(separator: ", "))")
        for key in file.keys {
            try Streams.writeLine(KeyringText.line(key, file))
            var facts = ["issued \(key.issuedAt.formatted(.iso8601))", "changed \(key.changedAt.formatted(.iso8601))"]
            if let certificate = key.certificate {
                facts.append("certificate until \(certificate.validity.upperBound.formatted(.iso8601))")
            }
            try Streams.writeLine("  \(facts.joined(separator: ", "))")
        }
    }
}

/// The JSON form of a keyring file without its secrets.
private struct KeyringList: Encodable {
    struct Key: Encodable {
        let id: String
        let state: String
        let isPrimary: Bool
        let isForCallbacks: Bool
        let issuedAt: Date
        let changedAt: Date
        let changedIn: Int
        let peer: String?
        let peerRecordedAt: Date?
        let certificateExpiresAt: Date?
        let certificateSHA256: String?
    }

    let role: String
    let generation: Int
    let soakSeconds: Int
    let nodes: [String]
    let keys: [Key]

    init(_ file: KeyringFile) {
        role = file.role.rawValue
        generation = file.generation
        soakSeconds = file.soakSeconds
        nodes = file.nodes
        keys = file.keys.map { key in
            Key(
                id: key.id.text,
                state: key.state.rawValue,
                isPrimary: key.id == file.primaryID,
                isForCallbacks: key.id == file.firstIssuedID,
                issuedAt: key.issuedAt,
                changedAt: key.changedAt,
                changedIn: key.changedIn,
                peer: key.peer?.state.rawValue,
                peerRecordedAt: key.peer?.recordedAt,
                certificateExpiresAt: key.certificate?.validity.upperBound,
                certificateSHA256: key.certificate.map { hexadecimal($0.fingerprint) }
            )
        }
    }
}

/// Shows the next steps of a rotation.
struct KeyringPlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Show the next steps of a rotation, what blocks them, and what you can tell the peer."
    )

    @OptionGroup var keyring: KeyringOptions

    @OptionGroup var censuses: KeyringCensusOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let (file, fleet) = try keyring.store.census(censuses.paths)
        for fault in fleet.faults { Messages.warning("no census: \(fault.text)") }
        let plan = RotationPlan(file, fleet)
        if json { return try Streams.writeJSON(plan) }
        for (index, step) in plan.steps.enumerated() {
            let key = step.key.map { " (key \($0))" } ?? ""
            try Streams.writeLine("\(index + 1). \(step.step)\(key)")
            if let command = step.command { try Streams.writeLine("   run here: \(call(command))") }
            for reason in step.blockedBy { try Streams.writeLine("   blocked: \(reason)") }
        }
        if plan.steps.isEmpty { try Streams.writeLine("nothing to do: two keys are in use") }
        for statement in plan.statements {
            try Streams.writeLine("the peer can rely on: key \(statement.key) \(statement.state)")
            try Streams.writeLine("   the peer runs: kmsec keyring \(statement.peerCommand)")
        }
    }

    private func call(_ command: String) -> String {
        "kmsec keyring " + command.replacing(" FILE", with: " \(ShellWord.word(keyring.file))")
    }
}

/// Merges the censuses of a fleet.
struct KeyringCensusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "census",
        abstract: "Show which keys the nodes of this party used, when and with which peer.",
        discussion: """
            A key that no census names is not proved to be unused: look at the nodes and at the times since which they \
            have counted. Exit status 1 if a listed node is unknown, or a file is no census.
            """
    )

    @OptionGroup var keyring: KeyringOptions

    @OptionGroup var censuses: KeyringCensusOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let (file, fleet) = try keyring.store.census(censuses.paths)
        let report = CensusReport(file, fleet)
        if json {
            try Streams.writeJSON(report)
        } else {
            for line in report.lines { try Streams.writeLine(line) }
        }
        for fault in fleet.faults { Messages.error("no census: \(fault.text)") }
        if !fleet.faults.isEmpty || report.nodes.contains(where: { $0.fault != nil }) { throw ExitCode.failure }
    }
}

/// The merged censuses of a fleet.
private struct CensusReport: Encodable {
    struct Node: Encodable {
        let node: String
        let fault: String?
        let generation: Int?
        let countedSince: Date?
        let countedUntil: Date?
        let hasEnded: Bool?
    }

    /// A file that is no census.
    struct Fault: Encodable {
        let file: String
        let reason: String
    }

    struct Use: Encodable {
        let key: String
        let node: String
        let direction: String
        let peer: String
        let accepted: Int
        let rejected: Int
        let firstUse: Date
        let lastUse: Date
    }

    let generation: Int
    let nodes: [Node]
    let unlistedNodes: [String]
    let faults: [Fault]
    let uses: [Use]

    init(_ file: KeyringFile, _ fleet: FleetCensus) {
        generation = file.generation
        unlistedNodes = fleet.unlisted
        faults = fleet.faults.map { Fault(file: $0.source, reason: $0.reason) }
        nodes = fleet.nodes.map { name, node in
            switch node {
            case .unknown(let fault):
                Node(node: name, fault: fault, generation: nil, countedSince: nil, countedUntil: nil, hasEnded: nil)
            case .known(let census):
                Node(
                    node: name,
                    fault: nil,
                    generation: census.generation,
                    countedSince: census.since,
                    countedUntil: census.writtenAt,
                    hasEnded: census.hasEnded
                )
            }
        }
        uses = file.keys.flatMap { key in
            fleet.uses(of: key.id).map { node, use in
                Use(
                    key: key.id.text,
                    node: node,
                    direction: use.direction.rawValue,
                    peer: use.peer,
                    accepted: use.acceptedCount,
                    rejected: use.rejectedCount,
                    firstUse: use.firstUse,
                    lastUse: use.lastUse
                )
            }
        }
    }

    /// The report for people.
    var lines: [String] {
        var lines = ["generation \(generation)"]
        for node in nodes {
            guard let generation = node.generation, let since = node.countedSince, let until = node.countedUntil else {
                lines.append("node \(node.node): unknown: \(node.fault ?? "")")
                continue
            }
            let end = node.hasEnded == true ? ", when it ended" : ""
            lines.append(
                "node \(node.node): generation \(generation), counted since \(since.formatted(.iso8601)) until "
                    + "\(until.formatted(.iso8601))\(end)"
            )
        }
        lines += unlistedNodes.map { "node \($0): not listed" }
        for use in uses {
            lines.append(
                "key \(use.key): node \(use.node), \(use.direction), peer \(use.peer): \(use.accepted) accepted, "
                    + "\(use.rejected) rejected, last \(use.lastUse.formatted(.iso8601))"
            )
        }
        return lines
    }
}

/// Checks the audit log.
struct KeyringVerifyLogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify-log",
        abstract: "Check the audit log FILE.log, and print its lines.",
        discussion: "A line that is missing, changed, added or moved is found, and an end that was cut off."
    )

    @OptionGroup var keyring: KeyringOptions

    func run() throws {
        let report = try keyring.store.verifyLog()
        for entry in report.entries {
            var words = ["\(entry.line)", entry.time.formatted(.iso8601), entry.by, entry.action]
            if let id = entry.keyID { words.append(id) }
            if let to = entry.to { words.append(entry.from.map { "\($0) -> \(to)" } ?? "-> \(to)") }
            if !entry.reason.isEmpty { words.append("(\(entry.reason))") }
            try Streams.writeLine(words.joined(separator: " "))
        }
        if report.hasUnfinishedLine {
            Messages.warning("one line more belongs to a change that was interrupted; the next change replaces it")
        }
    }
}

/// Exports a part of a key.
struct KeyringExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a part of a key as PEM: the own public key, the peer's certificate, or the own private key.",
        discussion: "The private key is written as encrypted PKCS#8, under the passphrase of --export-passphrase-file."
    )

    /// What is exported.
    enum Part: String, ExpressibleByArgument, CaseIterable {
        case publicKey = "public-key"
        case certificate
        case privateKey = "private-key"
    }

    @OptionGroup var keyring: KeyringOptions

    @OptionGroup var key: KeyringKeyOptions

    @Option(help: "The part to write.")
    var part = Part.publicKey

    @Option(
        help: ArgumentHelp("The file with the passphrase of the exported private key.", valueName: "file"),
        completion: .file()
    )
    var exportPassphraseFile: String?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (part == .privateKey) == (exportPassphraseFile != nil) else {
            throw ValidationError("--part private-key and --export-passphrase-file require each other")
        }
    }

    func run() throws {
        let store = keyring.store
        let found = try store.open().file.key(key.id)
        switch part {
        case .certificate:
            guard let certificate = found.certificate else { throw missing("certificate") }
            try output.write(certificate.pemRepresentation())
        case .publicKey, .privateKey:
            guard let own = try store.privateKey(of: found) else { throw missing("private key") }
            guard let exportPassphraseFile else { return try output.write(own.publicKey.pemRepresentation()) }
            warnIfExposed(exportPassphraseFile)
            let passphrase = try SecretBytes(contentsOfFile: exportPassphraseFile).withoutTrailingNewline()
            try output.write(own.encryptedPKCS8PEM(passphrase: passphrase))
        }
    }

    private func missing(_ what: String) -> KMError {
        KMError(.keyHalfMissing, "key \(key.id) has no \(what) in this file")
    }
}
