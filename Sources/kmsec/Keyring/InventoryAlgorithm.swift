/// An algorithm that the keyring file or its keys use, described for a review.
struct InventoryAlgorithm: Encodable {
    let name: String
    let purpose: String
    let whereUsed: String
    /// The key size or the parameters.
    let parameters: String
    let standard: String
    /// What is expected of the algorithm in the coming years.
    let outlook: String

    /// Returns the algorithms that a keyring file and its keys use.
    static func all(
        _ keys: [KeyringInventory.Key],
        _ protection: KeyringInventory.Protection
    ) -> [InventoryAlgorithm] {
        let sizes = Set(keys.flatMap(\.bitCounts)).sorted().map { "\($0) bits" }
        return [
            InventoryAlgorithm(
                name: "RSA-OAEP-256",
                purpose: "Encrypts the content encryption key (CEK) of each message.",
                whereUsed: "Bodies and fields of requests, responses and callbacks, as JWE (RFC 7516).",
                parameters: sizes.isEmpty ? "The file has no RSA key." : sizes.joined(separator: ", "),
                standard: "RFC 8017 section 7.1 and RFC 7518 section 4.3, with SHA-256 for the hash and for MGF1",
                outlook: "A large quantum computer would break RSA, and could then read messages recorded today. The "
                    + "draft NIST IR 8547 (2024) expects to deprecate RSA keys with 112 bits of security, such as "
                    + "2048-bit keys, after 2030, and to disallow RSA after 2035. The dates can change until the "
                    + "report is final."
            ),
            InventoryAlgorithm(
                name: "AES-256-GCM",
                purpose: "Encrypts and authenticates messages and the sealed part of the keyring file.",
                whereUsed: "Messages with \"enc\": \"A256GCM\" (profile documented); the keyring file.",
                parameters: "256-bit keys, 96-bit IVs, 128-bit tags; a random IV for each encryption",
                standard: "NIST FIPS 197, NIST SP 800-38D, RFC 7518 section 5.3",
                outlook: "No end is announced. Quantum computers are not expected to break it."
            ),
            InventoryAlgorithm(
                name: "AES-128-GCM",
                purpose: "Encrypts and authenticates messages.",
                whereUsed: "Messages with \"enc\": \"A128GCM\" (profile gateway).",
                parameters: "128-bit keys, 96-bit IVs, 128-bit tags; a random IV for each encryption",
                standard: "NIST FIPS 197, NIST SP 800-38D, RFC 7518 section 5.3",
                outlook: "No end is announced. NIST places it in security category 1, the lowest of five, against "
                    + "quantum computers."
            ),
            InventoryAlgorithm(
                name: "HMAC-SHA-256",
                purpose: "Authenticates the token of each call, the audit log and the censuses.",
                whereUsed: "X-KM-Tran-Token of requests and callbacks; FILE.log, FILE.NODE.census and FILE.seen.",
                parameters: "Token: the secret key of the access key, which this file does not hold. Audit log: a "
                    + "256-bit key in the sealed part of the file. Censuses: 256-bit keys derived from it.",
                standard: "RFC 2104, NIST FIPS 198-1",
                outlook: "No end is announced. Quantum computers are not expected to break it."
            ),
            InventoryAlgorithm(
                name: "SHA-256",
                purpose: "Chains the lines of the audit log; part of RSA-OAEP-256, HMAC-SHA-256 and HKDF-SHA-256.",
                whereUsed: "FILE.log; fingerprints of certificates.",
                parameters: "256-bit digests",
                standard: "NIST FIPS 180-4",
                outlook: "No end is announced. Quantum computers are not expected to break it."
            ),
            InventoryAlgorithm(
                name: "scrypt",
                purpose: "Derives a key from the passphrase of each custodian.",
                whereUsed: "The keyring file.",
                parameters: "N = \(protection.scryptN), r = \(protection.scryptR), p = \(protection.scryptP); a random "
                    + "salt of 16 bytes for each custodian",
                standard: "RFC 7914",
                outlook: "No weakness is known. NIST has not approved scrypt: its SP 800-132 describes PBKDF2."
            ),
            InventoryAlgorithm(
                name: "HKDF-SHA-256",
                purpose: "Combines the results of scrypt into the key of the file; derives the keys of the censuses.",
                whereUsed: "The keyring file; FILE.NODE.census and FILE.seen.",
                parameters: "256-bit output keys",
                standard: "RFC 5869, NIST SP 800-56C",
                outlook: "No end is announced. Quantum computers are not expected to break it."
            ),
        ]
    }
}
