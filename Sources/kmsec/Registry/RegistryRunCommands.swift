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
        usage: RegistryOptions.usage("rotate", "(--to <version> | --sealing)"),
        discussion: """
            First give every process that uses the registry the new key too. Then run this with both keys. If it is ended, \
            run it again: it goes on with the cards that are left. When it says that the rotation is complete, remove the \
            former key. Cards whose numbers are not kept get a hash under the new look-up key when they are used or \
            imported again; until then, the exit status is 1.
            """
    )

    @OptionGroup var registry: RegistryOptions

    @Option(help: ArgumentHelp("Change to the look-up key with this version.", valueName: "version"))
    var to: UInt32?

    @Flag(help: "Encrypt all kept card numbers under the first --sealing-key.")
    var sealing = false

    func validate() throws {
        guard (to != nil) != sealing else {
            throw ValidationError("give --to VERSION for the look-up key, or --sealing for the sealing key")
        }
    }

    func run() async throws {
        do {
            try await rotate()
        } catch is CancellationError {
            Messages.error("stopped by a signal")
            Messages.hint("run the same command again; keep the keys until it says complete")
            throw ExitCode.failure
        }
    }

    private func rotate() async throws {
        try await Interruption.cancelling { [self] in
            try await registry.use { registry in
                if let to {
                    try await rotateLookupKey(of: registry, to: to)
                } else {
                    let count = try await registry.rotateSealingKey { Self.show($0) }
                    Terminal.progress(nil)
                    try Streams.writeLine("complete: \(counted(count, "card")) encrypted under the first sealing key")
                }
            }
        }
    }

    private func rotateLookupKey(of registry: PARRegistry, to version: UInt32) async throws {
        let result = try await registry.rotateLookupKey(to: version) { Self.show($0) }
        Terminal.progress(nil)
        switch result {
        case .complete:
            try Streams.writeLine("complete: every card has a hash under look-up key \(version) only")
        case .waitsForCards(let count):
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
        let formerLookupKey: UInt32?
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
                    formerLookupKey: state.former?.version
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
        if let former = state.former { try Streams.writeLine("erasing hashes under the look-up key with \(former)") }
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
