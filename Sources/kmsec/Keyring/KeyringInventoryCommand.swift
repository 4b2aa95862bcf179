import ArgumentParser
import Foundation
import KMCommandLine
import KMSecurity

/// Lists keys and algorithms for a review, and what needs attention.
struct KeyringInventoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inventory",
        abstract: "List the keys and algorithms of a keyring file, and what needs attention.",
        discussion: """
            The format text is a page for PCI DSS v4.0.1 requirements 12.3.3, 4.2.1.1 and 3.7. The format \
            cyclonedx is a CycloneDX 1.6 cryptography bill of materials. No format contains a private key. Findings are \
            alarms or notes. Exit status 1 if there is an alarm, so that a monitoring job can run the command.
            """
    )

    @OptionGroup var keyring: KeyringOptions

    @Option(help: "The output format: a page for people, JSON or a CycloneDX document.")
    var format = KeyringInventory.Format.text

    @Option(help: ArgumentHelp("Report an alarm if a certificate expires within this time.", valueName: "days"))
    var within = 30

    @Option(
        help: ArgumentHelp(
            "The crypto period: the time after its issue for which a key may be active.",
            valueName: "days"
        )
    )
    var period = 730

    @Option(
        help: ArgumentHelp(
            "The time for which ages and findings apply, such as 2026-11-25T03:00:00Z (default: now).",
            valueName: "time"
        ),
        transform: utcTime
    )
    var at: Date?

    func validate() throws {
        guard (0...36_500).contains(within) else { throw ValidationError("--within must be 0 to 36500 days") }
        guard (1...36_500).contains(period) else { throw ValidationError("--period must be 1 to 36500 days") }
    }

    func run() throws {
        let store = keyring.store
        let inventory = KeyringInventory(
            try store.open(),
            path: keyring.file,
            at: at ?? .now,
            limits: .init(expiryDays: within, periodDays: period)
        ) { try store.privateKey(of: $0) }
        switch format {
        case .text: for line in InventoryPage(inventory).lines { try Streams.writeLine(line) }
        case .json: try Streams.writeJSON(inventory)
        case .cyclonedx:
            try Streams.writeJSON(CycloneDX(inventory))
            // The document has no place for findings.
            for finding in inventory.findings where finding.level == .alarm { Messages.warning(finding.line) }
        }
        if inventory.findings.contains(where: { $0.level == .alarm }) { throw ExitCode.failure }
    }
}

extension KeyringInventory {
    /// The output formats.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
        case cyclonedx
    }
}
