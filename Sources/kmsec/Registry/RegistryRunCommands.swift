import ArgumentParser
import Foundation
import KMCommandLine
import KMPARRegistry
import KMSecurity

/// Changes the keys of a registry while it is in use.
struct RegistryRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Change the look-up key or the sealing key of a registry while it is in use; no PAR changes.",
        usage: RegistryOptions.usage("rotate", "(--to <version> | --cancel | --sealing) [--erase-damaged]"),
        discussion: """
            First give every process that uses the registry both keys. Then run this with both keys. If it stops early, \
            run it again: it continues with the remaining cards. Remove the retired key when it says that you can. Cards \
            whose numbers are not kept get a hash under the new look-up key when they are used or imported again; until \
            then, the exit status is 1. --cancel keeps the current look-up key, and needs no key.
            """
    )

    @OptionGroup var registry: RegistryOptions

    @Option(help: ArgumentHelp("Change to the look-up key with this version.", valueName: "version"))
    var to: UInt32?

    @Flag(help: "Give up a change of the look-up key that is not complete.")
    var cancel = false

    @Flag(help: "Encrypt all kept card numbers under the first --sealing-key.")
    var sealing = false

    @Flag(help: "Erase kept card numbers that do not open or do not fit; each is kept again with its next import.")
    var eraseDamaged = false

    func validate() throws {
        guard [to != nil, cancel, sealing].count(where: { $0 }) == 1 else {
            throw ValidationError("give one of --to VERSION, --cancel (both for the look-up key) or --sealing")
        }
        if !cancel { try registry.requireLookupKey() }
    }

    func run() async throws {
        do {
            try await rotate()
        } catch is CancellationError {
            Messages.error("stopped by a signal")
            Messages.hint("run the same command again; keep both keys until it is complete")
            throw ExitCode.failure
        }
    }

    private func rotate() async throws {
        try await Interruption.cancelling { [self] in
            if cancel { return try await cancelRotation() }
            try await registry.use { registry in
                if let to {
                    try await rotateLookupKey(of: registry, to: to)
                } else {
                    try await rotateSealingKey(of: registry)
                }
            }
        }
    }

    private func cancelRotation() async throws {
        let cancelled = try await registry.useStore { store in
            try await PARRegistry.cancelLookupRotation(of: store) { Self.show($0) }
        }
        Terminal.progress(nil)
        guard let cancelled else {
            throw KMError(.registryRotationBlocked, "the registry does not change its look-up key; nothing to cancel")
        }
        try Streams.writeLine("cancelled: no card has a hash under the look-up key with \(cancelled)")
    }

    private func rotateSealingKey(of registry: PARRegistry) async throws {
        let result = try await registry.rotateSealingKey(erasesDamaged: eraseDamaged) { Self.show($0) }
        Terminal.progress(nil)
        try Streams.writeLine(
            "\(counted(result.visited, "card")) read, \(result.changed.formatted()) encrypted under the first sealing key"
        )
        guard result.damaged == 0 || eraseDamaged else { throw Self.damage(result.damaged) }
        Messages.hint(
            result.changed == 0
                ? "no card needs the retired key; remove it"
                : "when every process has the new key first, run this again; remove the retired key when no card is left"
        )
    }

    private static func damage(_ count: Int) -> KMError {
        KMError(
            .registryDamaged,
            "\(counted(count, "card")) skipped, whose kept number does not open or does not fit; check names "
                + "\(count == 1 ? "it" : "them"), and --erase-damaged erases the kept number"
        )
    }

    private func rotateLookupKey(of registry: PARRegistry, to version: UInt32) async throws {
        let result = try await registry.rotateLookupKey(to: version, erasesDamaged: eraseDamaged) { Self.show($0) }
        Terminal.progress(nil)
        switch result {
        case .complete:
            try Streams.writeLine(
                "complete: every card has a hash under look-up key \(version) only; remove the retired key"
            )
        case .incomplete(0, let damaged): throw Self.damage(damaged)
        case .incomplete(let count, let damaged):
            if damaged > 0 { Messages.error("\(Self.damage(damaged))") }
            Messages.error(
                "\(counted(count, "card")) \(count == 1 ? "has" : "have") no hash under look-up key \(version) yet, and "
                    + "no kept number"
            )
            Messages.hint("import these cards again, or wait until they are used; keep both keys, and run this again")
            throw ExitCode.failure
        }
    }

    private static func show(_ progress: PARRegistry.RotationProgress) {
        Terminal.progress(
            "\(progress.step.rawValue): \(progress.visited.formatted()) cards read, \(progress.changed.formatted()) changed"
        )
    }
}

/// Counts what a registry has.
struct RegistryStatisticsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count the accounts and cards of a registry; it reads every card.",
        usage: RegistryOptions.usage("stats", "[--json]")
    )

    @OptionGroup var registry: RegistryOptions

    @Flag(help: "Write JSON.")
    var json = false

    /// The JSON output.
    private struct Output: Encodable {
        let accounts: Int
        let erasedAccounts: Int
        let cards: [String: Int]
        let replacedCards: Int
        let keptCardNumbers: [String: Int]
        let cardsWithoutNextHash: Int
        let accesses: Int
        let lookupKey: UInt32
        let nextLookupKey: UInt32?
        let retiredLookupKey: UInt32?
    }

    func run() async throws {
        let (found, state) = try await registry.use { (try await $0.statistics(), try await $0.state()) }
        let cards = CardKind.allCases.map { ("\($0)", found.cards[$0] ?? 0) }
        let kept = found.sealedCards.sorted { $0.key < $1.key }
        if json {
            return try Streams.writeJSON(
                Output(
                    accounts: found.accounts,
                    erasedAccounts: found.erasedAccounts,
                    cards: Dictionary(uniqueKeysWithValues: cards),
                    replacedCards: found.replacedCards,
                    keptCardNumbers: Dictionary(uniqueKeysWithValues: kept.map { ("\($0.key)", $0.value) }),
                    cardsWithoutNextHash: found.cardsWithoutNextHash,
                    accesses: found.accesses,
                    lookupKey: state.current.version,
                    nextLookupKey: state.next?.version,
                    retiredLookupKey: state.retired?.version
                )
            )
        }
        let rows =
            [("accounts", found.accounts), ("erased accounts", found.erasedAccounts)]
            + cards.map { ("\($0.0) cards", $0.1) }
            + [("replaced cards", found.replacedCards)]
            + kept.map { ("kept under sealing key \($0.key)", $0.value) }
            + (state.next == nil ? [] : [("cards without the next hash", found.cardsWithoutNextHash)])
            + [("logged accesses", found.accesses)]
        for (name, count) in rows { try Streams.writeLine(Terminal.padded(name, to: 30) + count.formatted()) }
        try Streams.writeLine("look-up key with \(state.current)")
        if let next = state.next { try Streams.writeLine("changing to the look-up key with \(next)") }
        if let retired = state.retired { try Streams.writeLine("erasing hashes under the look-up key with \(retired)") }
    }
}

/// Checks that a registry agrees with itself.
struct RegistryCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check that the hashes, the chains of replaced cards and the reserved PARs of a registry agree.",
        usage: RegistryOptions.usage("check", "[--json]"),
        discussion: """
            It reads every card and account, in constant memory, while the registry may be in use. With the sealing keys, \
            it computes the hashes of kept card numbers again, and with the tokenization key their derived PARs. The \
            exit status is 1 if something is wrong.
            """
    )

    @OptionGroup var registry: RegistryOptions

    @Flag(help: "Write JSON.")
    var json = false

    /// The JSON output.
    private struct Output: Encodable {
        let cards: Int
        let accounts: Int
        let recomputedHashes: Int
        let rederivedPARs: Int
        let inconsistencyCount: Int
        let inconsistencies: [String]
    }

    func run() async throws {
        let result = try await Interruption.cancelling { [self] in
            try await registry.use { registry in
                try await registry.check { Terminal.progress("\($0.formatted()) cards checked") }
            }
        }
        Terminal.progress(nil)
        if json {
            try Streams.writeJSON(
                Output(
                    cards: result.cards,
                    accounts: result.accounts,
                    recomputedHashes: result.recomputedHashes,
                    rederivedPARs: result.rederivedPARs,
                    inconsistencyCount: result.inconsistencyCount,
                    inconsistencies: result.inconsistencies.map(\.description)
                )
            )
        } else {
            for wrong in result.inconsistencies { try Streams.writeLine(wrong.description) }
            let left = result.inconsistencyCount - result.inconsistencies.count
            if left > 0 { try Streams.writeLine("and \(left.formatted()) more") }
            try Streams.writeLine(
                """
                \(counted(result.cards, "card")) and \(counted(result.accounts, "account")) checked; \
                \(counted(result.recomputedHashes, "hash value")) and \(counted(result.rederivedPARs, "PAR")) computed again
                """
            )
        }
        guard result.inconsistencyCount == 0 else {
            Messages.error("\(counted(result.inconsistencyCount, "contradiction")) in the registry")
            throw ExitCode.failure
        }
    }
}
