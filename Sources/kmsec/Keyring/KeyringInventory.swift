import Foundation
import KMCommandLine
import KMPrimitives
import KMSecurity

/// The facts of a keyring file that an inventory lists, without secrets.
struct KeyringInventory: Encodable {
    /// The limits above which a time is a finding.
    struct Limits: Encodable {
        /// The number of days before the end of a certificate from which its expiry is an alarm.
        let expiryDays: Int
        /// The number of days after its issue for which a key may be active.
        let periodDays: Int
    }

    /// A crypto key.
    struct Key: Encodable {
        let id: String
        let state: KeyringFile.State
        let isUsable: Bool
        let isPrimary: Bool
        let isForCallbacks: Bool
        let algorithm: String
        let contentEncryption: [String]
        let issuedAt: Date
        let changedAt: Date
        let ageDays: Int
        let daysInState: Int
        let certificate: PeerCertificate?
        let privateKey: OwnPrivateKey
    }

    /// The peer's certificate of a key.
    struct PeerCertificate: Encodable {
        let sha256: String
        let serialNumber: String
        let notBefore: Date
        let notAfter: Date
        let daysUntilExpiry: Int
        let publicKeyBits: Int
    }

    /// The own private key of a key: its place and its size.
    struct OwnPrivateKey: Encodable {
        let location: KeyringFile.PrivateKeyLocation
        let bits: Int?
        /// The code of the error if the file of the private key could not be read.
        let fault: String?
    }

    /// What encrypts the keyring file.
    struct Protection: Encodable {
        let encryption = "AES-256-GCM"
        let keyDerivation = ["scrypt", "HKDF-SHA-256"]
        let scryptN: Int
        let scryptR: Int
        let scryptP: Int
        let custodians: Int
    }

    /// What protects the audit log.
    struct AuditLog: Encodable {
        let lines: Int
        let authentication = "HMAC-SHA-256"
        let chain = "SHA-256"
    }

    /// What both parties use for messages.
    struct Wire: Encodable {
        let keyEncryption = KeyManagementAlgorithm.rsaOAEP256.rawValue
        let contentEncryption = ContentEncryptionAlgorithm.allCases.map(\.rawValue)
        let token = "HMAC-SHA-256"
    }

    let tool = "kmsec \(Version.number)"
    let openSSL = Version.openSSL
    let file: String
    let role: KeyringFile.Role
    let generation: Int
    let nodes: [String]
    /// The time at which the inventory was made.
    let date = Date.now
    /// The time for which the ages and the findings apply.
    let asOf: Date
    let limits: Limits
    let keys: [Key]
    let protection: Protection
    let auditLog: AuditLog
    let wire = Wire()
    let algorithms: [InventoryAlgorithm]
    let findings: [InventoryFinding]

    /// Collects the facts of a keyring file.
    ///
    /// - Parameters:
    ///   - document: The opened file.
    ///   - path: The path of the file.
    ///   - date: The time for which the ages and the findings apply.
    ///   - limits: The limits of the findings.
    ///   - load: Returns the own private key of a key.
    init(
        _ document: KeyringDocument,
        path: String,
        at date: Date,
        limits: Limits,
        load: (KeyringFile.Key) throws -> RSAPrivateKey?
    ) {
        let file = document.file
        self.file = path
        role = file.role
        generation = file.generation
        nodes = file.nodes
        asOf = date
        self.limits = limits
        keys = file.keys.map { Key($0, file, at: date, load: load) }
        protection = Protection(
            scryptN: document.cost.n,
            scryptR: document.cost.r,
            scryptP: document.cost.p,
            custodians: document.custodianCount
        )
        auditLog = AuditLog(lines: document.logLineCount)
        algorithms = InventoryAlgorithm.all(keys, protection)
        findings = InventoryFinding.all(keys, protection, limits, at: date)
    }
}

extension KeyringInventory.Key {
    fileprivate init(
        _ key: KeyringFile.Key,
        _ file: KeyringFile,
        at date: Date,
        load: (KeyringFile.Key) throws -> RSAPrivateKey?
    ) {
        id = key.id.text
        state = key.state
        isUsable = key.state.isUsable
        isPrimary = key.id == file.primaryID
        isForCallbacks = key.id == file.firstIssuedID
        algorithm = KeyManagementAlgorithm.rsaOAEP256.rawValue
        contentEncryption = ContentEncryptionAlgorithm.allCases.map(\.rawValue)
        issuedAt = key.issuedAt
        changedAt = key.changedAt
        ageDays = key.issuedAt.days(until: date)
        daysInState = key.changedAt.days(until: date)
        certificate = key.certificate.map { certificate in
            KeyringInventory.PeerCertificate(
                sha256: hexadecimal(certificate.fingerprint),
                serialNumber: hexadecimal(certificate.serialNumber),
                notBefore: certificate.validity.lowerBound,
                notAfter: certificate.validity.upperBound,
                daysUntilExpiry: date.days(until: certificate.validity.upperBound),
                publicKeyBits: certificate.unverifiedPublicKey.bitCount
            )
        }
        let location = key.privateKeyLocation
        do {
            // A key in an HSM or a key service shows its size only to whoever logs in there.
            let bits = location == .uri ? nil : try load(key)?.bitCount
            privateKey = .init(location: location, bits: bits, fault: nil)
        } catch {
            // The details of an error of another program could contain the contents of the file.
            let fault = (error as? KMError).map { "\($0.code)" } ?? "\(type(of: error))"
            privateKey = .init(location: location, bits: nil, fault: fault)
        }
    }

    /// The sizes of the RSA keys, in bits.
    var bitCounts: [Int] { [certificate?.publicKeyBits, privateKey.bits].compactMap(\.self) }
}

extension Date {
    /// Returns the number of whole days until another date, negative if that is earlier.
    fileprivate func days(until other: Date) -> Int {
        Int((other.timeIntervalSince(self) / 86_400).rounded(.down))
    }
}

extension KeyringFile.Role: Encodable {}

extension KeyringFile.State: Encodable {}

extension KeyringFile.PrivateKeyLocation: Encodable {}
