import ArgumentParser
import KMCommandLine
import KMPARRegistry
import KMSecurity

/// The kinds of cards, as options name them.
enum CardKindName: String, ExpressibleByArgument, CaseIterable {
    case physical
    case mobile
    case token

    var kind: CardKind {
        switch self {
        case .physical: .physical
        case .mobile: .mobile
        case .token: .token
        }
    }
}

/// Takes over or assigns the PARs of many cards.
struct RegistryImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Add cards: read one PAN per line, or a PAN, a comma and its PAR.",
        usage: RegistryOptions.usage("import", "[--kind <kind>] [--from-line <number>] [--output <file>] [<file>]"),
        discussion: """
            A card without a PAR in the file gets one, which --output writes. A card that the registry has keeps its PAR; a \
            line that gives it another one is an error. So an import can be repeated: after a failure, continue with \
            --from-line, or start again. The command uses constant memory.
            """
    )

    @OptionGroup var registry: RegistryOptions

    @Option(help: "What kind of numbers the cards have.")
    var kind = CardKindName.physical

    @OptionGroup var lines: LineInputOptions

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp(
            "The file for the PARs (mode 0600), which must not exist, or - for standard output; without it, none are written.",
            valueName: "file"
        ),
        completion: .file()
    )
    var output: String?

    func run() async throws {
        let kind = kind.kind
        try await registry.useLines(lines, .cardAndOptionalPAR, to: output, hasOutput: output != nil) {
            registry,
            line in
            guard let par = line.par else { return try await registry.par(for: line.pan, kind) }
            try await registry.add(line.pan, with: par, kind)
            return par
        }
    }
}

/// Finds the PARs of cards.
struct RegistryLookupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lookup",
        abstract: "Find PARs: read one PAN or token per line, write one PAR per line in the same order.",
        usage: RegistryOptions.usage("lookup", "[--from-line <number>] [--output <file>] [<file>]"),
        discussion: "If the registry does not have a card, its output line is empty, and the exit status is 1."
    )

    @OptionGroup var registry: RegistryOptions
    @OptionGroup var options: LineOptions

    func run() async throws {
        try await registry.useLines(options.lines, .card, to: options.output) { registry, line in
            guard let par = try await registry.existingPAR(for: line.pan) else {
                throw KMError(.cardUnknown, "the registry does not have this card")
            }
            return par
        }
    }
}

/// Adds tokens and mobile cards to accounts.
struct RegistryLinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract:
            "Add tokens or other cards to accounts: read a PAN or token, a comma and the PAR of the account per line.",
        usage: RegistryOptions.usage("link", "[--kind <kind>] [--from-line <number>] [--output <file>] [<file>]"),
        discussion: "Writes the PAR of each line. Lines that were linked before are not errors."
    )

    @OptionGroup var registry: RegistryOptions

    @Option(help: "What kind of numbers the lines have.")
    var kind = CardKindName.token

    @OptionGroup var options: LineOptions

    func run() async throws {
        let kind = kind.kind
        try await registry.useLines(options.lines, .cardAndPAR, to: options.output) { registry, line in
            guard let par = line.par else { throw KMError(.lineMalformed) }
            try await registry.link(line.pan, to: par, kind)
            return par
        }
    }
}

/// Replaces cards with new ones.
struct RegistryReissueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reissue",
        abstract: "Replace cards: read the PAN of a card, a comma and the PAN of its new card per line.",
        usage: RegistryOptions.usage("reissue", "[--kind <kind>] [--from-line <number>] [--output <file>] [<file>]"),
        discussion: """
            Writes the PAR, which both have from then on. The lines are done in their order, so that a later line can \
            replace a card of an earlier one. Lines that were done before are not errors.
            """
    )

    @OptionGroup var registry: RegistryOptions

    @Option(help: "What kind of numbers the new cards have.")
    var kind = CardKindName.physical

    @OptionGroup var options: LineOptions

    func run() async throws {
        let kind = kind.kind
        try await registry.useLines(options.lines, .twoCards, to: options.output, isOrdered: true) { registry, line in
            guard let other = line.other else { throw KMError(.lineMalformed) }
            return try await registry.reissue(line.pan, as: other, kind)
        }
    }
}

extension RegistryOptions {
    /// Opens the registry, and uses it for each line of the input.
    ///
    /// - Parameters:
    ///   - lines: The options of the input.
    ///   - form: What a line has.
    ///   - output: The path of the output file; nil or `-` for standard output.
    ///   - isOrdered: Whether a line is finished before the next one begins.
    ///   - hasOutput: Whether the PARs are written.
    ///   - use: Uses the registry for a line, and returns the PAR.
    /// - Throws: `ExitCode.failure` after a report, or ``KMError`` for files, keys and stores that cannot be used.
    fileprivate func useLines(
        _ lines: LineInputOptions,
        _ form: RegistryLines.Form,
        to output: String?,
        isOrdered: Bool = false,
        hasOutput: Bool = true,
        _ use: @escaping @Sendable (PARRegistry, RegistryLines.Line) async throws -> PAR
    ) async throws {
        try await self.use { registry in
            let transform = RegistryLines(form: form, isOrdered: isOrdered, hasOutput: hasOutput) { line in
                try await use(registry, line)
            }
            try await lines.run(
                to: output,
                noun: "card numbers",
                expecting: "\(form.text) on each line is",
                hasOutput: hasOutput
            ) { stream in
                // About a thousand cards, which a store adds together; or about a hundred, one after another.
                await stream.run(batchByteCount: isOrdered ? 1 << 12 : 1 << 14, isOrdered: isOrdered) {
                    try await transform.transform($0, skipping: $1)
                }
            }
        }
    }
}
