import Foundation
import KMPrimitives
import KMSecurity

/// What needs attention in a keyring file.
struct InventoryFinding: Encodable {
    /// How urgent a finding is.
    enum Level: String, Encodable {
        /// Somebody must act now; the exit status is 1.
        case alarm
        /// Somebody should plan for it.
        case note
    }

    let level: Level
    /// The kind of finding, for programs.
    let code: String
    /// The key's id; nil if the finding is about the whole file.
    let key: String?
    let text: String

    /// The finding as a sentence that names its key.
    var line: String { key.map { "key \($0): \(text)" } ?? text }

    /// The size from which an RSA key has 128 bits of security (NIST SP 800-57 part 1 table 2).
    private static let strongBitCount = 3072
    /// The lowest cost N of scrypt without an alarm: twice what its author proposed for interactive logins in 2009.
    private static let weakestN = 1 << 15

    /// Returns the findings, alarms first.
    static func all(
        _ keys: [KeyringInventory.Key],
        _ protection: KeyringInventory.Protection,
        _ limits: KeyringInventory.Limits,
        at date: Date
    ) -> [InventoryFinding] {
        var findings = keys.flatMap { certificate($0, limits, at: date) + state($0, limits) + privateKey($0) }
        if protection.scryptN < weakestN {
            findings.append(
                InventoryFinding(
                    level: .alarm,
                    code: "scryptCostLow",
                    key: nil,
                    text: "the keyring file uses scrypt with N = \(protection.scryptN), which makes it fast to try "
                        + "passphrases; N must be at least \(weakestN). Run kmsec keyring passphrase without "
                        + "--insecure-fast-passphrase"
                )
            )
        }
        return findings.filter { $0.level == .alarm } + findings.filter { $0.level == .note }
    }

    private static func certificate(
        _ key: KeyringInventory.Key,
        _ limits: KeyringInventory.Limits,
        at date: Date
    ) -> [InventoryFinding] {
        guard key.isUsable, let certificate = key.certificate else { return [] }
        let (from, to) = (certificate.notBefore.formatted(.iso8601), certificate.notAfter.formatted(.iso8601))
        let advice = key.state == .deactivated ? "discard the key" : "replace the key"
        func alarm(_ code: String, _ text: String) -> [InventoryFinding] {
            [InventoryFinding(level: .alarm, code: code, key: key.id, text: text)]
        }
        if date > certificate.notAfter {
            return alarm("certificateExpired", "the peer's certificate expired at \(to); \(advice)")
        }
        if date < certificate.notBefore {
            return alarm("certificateNotYetValid", "the peer's certificate is not valid before \(from)")
        }
        guard certificate.notAfter.timeIntervalSince(date) <= Double(limits.expiryDays) * 86_400 else { return [] }
        return alarm(
            "certificateExpiresSoon",
            "the peer's certificate expires at \(to), in \(counted(certificate.daysUntilExpiry, "day")); \(advice)"
        )
    }

    private static func state(_ key: KeyringInventory.Key, _ limits: KeyringInventory.Limits) -> [InventoryFinding] {
        func finding(_ level: Level, _ code: String, _ text: String) -> [InventoryFinding] {
            [InventoryFinding(level: level, code: code, key: key.id, text: text)]
        }
        switch key.state {
        case .compromised:
            let text = "the key is compromised and not erased; erase it with kmsec keyring discard"
            return finding(.alarm, "compromisedNotErased", text)
        case .active where key.ageDays >= limits.periodDays:
            return finding(
                .alarm,
                "cryptoPeriodEnded",
                "the key was issued \(counted(key.ageDays, "day")) ago, and the crypto period is "
                    + "\(counted(limits.periodDays, "day")); replace the key"
            )
        case .preActivation, .suspended, .deactivated:
            guard key.daysInState >= limits.periodDays else { return [] }
            return finding(
                .note,
                "stateTooLong",
                "the key has been \(key.state.rawValue) for \(counted(key.daysInState, "day")), and the crypto period is "
                    + "\(counted(limits.periodDays, "day")); kmsec keyring plan shows the next step"
            )
        case .active, .destroyed: return []
        }
    }

    private static func privateKey(_ key: KeyringInventory.Key) -> [InventoryFinding] {
        guard key.isUsable else { return [] }
        var findings: [InventoryFinding] = []
        if key.privateKey.location == .file {
            let text = "the own private key is in an unencrypted file of its own; its access rights protect it alone"
            findings.append(InventoryFinding(level: .note, code: "privateKeyUnencrypted", key: key.id, text: text))
        }
        if let fault = key.privateKey.fault {
            let text = "the file of the own private key cannot be used here: \(fault)"
            findings.append(InventoryFinding(level: .alarm, code: "privateKeyUnreadable", key: key.id, text: text))
        }
        if let bitCount = key.bitCounts.min(), bitCount < strongBitCount {
            let text =
                "the RSA key has \(bitCount) bits, which NIST SP 800-57 part 1 accepts until the end of 2030; use "
                + "\(strongBitCount) bits for the next key"
            findings.append(InventoryFinding(level: .note, code: "rsaKeySmall", key: key.id, text: text))
        }
        return findings
    }
}
