import Foundation
import KMCommandLine
import KMPrimitives
import KMSecurity

/// The page of an inventory for people, at most 96 columns wide.
struct InventoryPage {
    private(set) var lines: [String] = []

    private static let width = 96

    init(_ inventory: KeyringInventory) {
        lines.append("Cryptographic inventory of a keyring file")
        field("file", inventory.file)
        field("role", "\(inventory.role.rawValue), generation \(inventory.generation)")
        field("nodes", inventory.nodes.isEmpty ? "none" : inventory.nodes.joined(separator: ", "))
        field("date", Self.time(inventory.date))
        field("as of", Self.time(inventory.asOf))
        field("made with", "\(inventory.tool), \(inventory.openSSL)")
        paragraph(
            "For PCI DSS v4.0.1 requirements 12.3.3 (cipher suites and protocols in use), 4.2.1.1 (trusted keys and "
                + "certificates) and 3.7 (key management)."
        )
        findings(inventory)
        heading("Keys (requirements 4.2.1.1 and 3.7)")
        if inventory.keys.isEmpty { lines.append("  none") }
        for key in inventory.keys { self.key(key) }
        management(inventory)
        protocols(inventory)
        heading("Algorithms (requirement 12.3.3)")
        for algorithm in inventory.algorithms { self.algorithm(algorithm) }
        review(inventory)
    }

    private mutating func findings(_ inventory: KeyringInventory) {
        let alarmCount = inventory.findings.count { $0.level == .alarm }
        let noteCount = inventory.findings.count - alarmCount
        heading("Findings: \(counted(alarmCount, "alarm")), \(counted(noteCount, "note"))")
        for finding in inventory.findings { field(finding.level.rawValue, finding.line) }
        if inventory.findings.isEmpty { lines.append("  none") }
    }

    private mutating func key(_ key: KeyringInventory.Key) {
        var words = ["\(key.id)", key.state.rawValue]
        if key.isPrimary { words.append("primary") }
        if key.isForCallbacks { words.append("callbacks") }
        lines.append("  \(words.joined(separator: " "))")
        field("algorithm", "\(key.algorithm), with \(key.contentEncryption.joined(separator: " or "))", 4)
        field("issued", "\(Self.time(key.issuedAt)), age \(counted(key.ageDays, "day"))", 4)
        field("changed", "\(Self.time(key.changedAt)), \(key.state.rawValue) for \(counted(key.daysInState, "day"))", 4)
        if let certificate = key.certificate {
            let days = certificate.daysUntilExpiry
            field("certificate", "of the peer, RSA \(certificate.publicKeyBits) bits", 4)
            field("", "valid from \(Self.time(certificate.notBefore)) until \(Self.time(certificate.notAfter))", 4)
            field("", days < 0 ? "expired" : "expires in \(counted(days, "day"))", 4)
            field("", "serial number \(certificate.serialNumber)", 4)
            field("", "SHA-256 \(certificate.sha256)", 4)
        } else {
            field("certificate", "none", 4)
        }
        let size = key.privateKey.bits.map { "RSA \($0) bits, " } ?? ""
        switch key.privateKey.location {
        case .sealed: field("private key", "\(size)sealed in the keyring file", 4)
        case .file: field("private key", "\(size)in an unencrypted file of its own", 4)
        case .uri: field("private key", "\(size)in an HSM or a key service", 4)
        case .none: field("private key", key.state == .destroyed ? "none: the key is erased" : "none", 4)
        }
    }

    private mutating func management(_ inventory: KeyringInventory) {
        let protection = inventory.protection
        heading("Key management (requirement 3.7)")
        field(
            "3.7.3",
            "Storage: sealed private keys are encrypted with \(protection.encryption). The key is derived with "
                + "\(protection.keyDerivation.joined(separator: " and ")) from "
                + "\(counted(protection.custodians, "passphrase")). A private key in a file of its own is not encrypted."
        )
        field(
            "3.7.4",
            "Crypto period: \(counted(inventory.limits.periodDays, "day")) from the issue of a key. An alarm reports "
                + "each active key that is older. NIST SP 800-57 part 1 section 5.3 describes how to set the period."
        )
        field(
            "3.7.5",
            "Retirement and replacement: kmsec keyring plan shows the steps; kmsec keyring compromise stops all use of "
                + "a key at once; kmsec keyring discard erases it."
        )
        field(
            "3.7.6",
            protection.custodians == 1
                ? "Split knowledge: one custodian knows the whole passphrase. kmsec keyring init --custodians 2 makes a "
                    + "file for two."
                : "Split knowledge: the file opens only with the passphrases of both custodians."
        )
        field(
            "3.7.7",
            "Substitution: the file does not open if it was changed without the passphrases. Compare the fingerprints above with the "
                + "peer. The audit log has \(counted(inventory.auditLog.lines, "line")), chained with "
                + "\(inventory.auditLog.chain) and authenticated with \(inventory.auditLog.authentication); kmsec "
                + "keyring verify-log checks it."
        )
    }

    private mutating func protocols(_ inventory: KeyringInventory) {
        let wire = inventory.wire
        let use =
            inventory.role == .provider
            ? "The provider encrypts requests, and answers to callbacks, with the platform's certificate. It opens "
                + "responses and callbacks with its own private key."
            : "The platform opens requests, and answers to callbacks, with its own private key. It encrypts responses "
                + "and callbacks with the provider's certificate."
        heading("Protocols (requirement 12.3.3)")
        field(
            "messages",
            "JWE (RFC 7516): \(wire.keyEncryption) with \(wire.contentEncryption.joined(separator: " or ")). \(use)"
        )
        field("calls", "X-KM-Tran-Token, version KMV1: \(wire.token) of each request and callback, by its sender.")
    }

    private mutating func algorithm(_ algorithm: InventoryAlgorithm) {
        lines.append("  \(algorithm.name)")
        field("purpose", algorithm.purpose, 4)
        field("where used", algorithm.whereUsed, 4)
        field("parameters", algorithm.parameters, 4)
        field("standard", algorithm.standard, 4)
        field("outlook", algorithm.outlook, 4)
    }

    private mutating func review(_ inventory: KeyringInventory) {
        heading("Review (requirement 12.3.3)")
        field("interval", "Review this page at least once every 12 months.")
        field(
            "trends",
            "Look for changes of NIST SP 800-131A, NIST IR 8547, RFC 7518 and the platform's API page, and for new "
                + "findings above."
        )
        field(
            "plan",
            "Larger RSA keys: add a key with kmsec keyring add, and follow kmsec keyring plan; the service continues "
                + "during the rotation. Another algorithm: both parties must agree on it, because receivers accept only "
                + "the algorithms on this page. Then update the package, and rotate the keys."
        )
        field(
            "not listed",
            "TLS, and programs that accept RSA-OAEP with SHA-1 (JWEPolicy.insecureAllowingSHA1): the file does not "
                + "describe them, so document them too."
        )
        field("reviewed by", "____________________  on ____________________")
    }

    // MARK: Layout

    private mutating func heading(_ text: String) { lines += ["", text] }

    private mutating func paragraph(_ text: String) { lines += [""] + Self.wrapped(text, Self.width) }

    /// Adds a name and a text, which continues below itself.
    private mutating func field(_ name: String, _ text: String, _ indent: Int = 2) {
        let column = indent + 13
        for (number, line) in Self.wrapped(text, Self.width - column).enumerated() {
            let label = String(repeating: " ", count: indent) + (number == 0 ? name : "")
            lines.append(Terminal.padded(label, to: column) + line)
        }
    }

    /// Breaks a text at spaces into lines of at most `width` characters; a longer word gets a line of its own.
    private static func wrapped(_ text: String, _ width: Int) -> [String] {
        text.split(separator: " ").reduce(into: []) { lines, word in
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] += " \(word)"
            } else {
                lines.append(String(word))
            }
        }
    }

    private static func time(_ date: Date) -> String { date.formatted(.iso8601) }
}
