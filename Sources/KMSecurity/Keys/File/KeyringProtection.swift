package import KMPrimitives

/// The key that seals a keyring file, and how it comes from the passphrases of one or two custodians.
///
/// Each passphrase goes through scrypt with its own salt. HKDF combines the results, so a file for two custodians opens
/// only with both passphrases.
package struct KeyringProtection: Sendable {
    /// The public parameters, which are in the file.
    struct Parameters: Sendable, Equatable {
        let cost: ScryptCost
        /// 16 bytes for each custodian, in the order of the passphrases.
        let salts: [[UInt8]]
    }

    let parameters: Parameters
    let key: SecretBytes

    /// Derives a new key with new salts.
    ///
    /// - Throws: ``KMError`` `invalidSize` unless there are one or two passphrases that differ and are not empty;
    ///   `cryptographyUnavailable`.
    package init(_ passphrases: [SecretBytes], cost: ScryptCost = .standard) throws {
        let salts = try passphrases.map { _ in try SecureRandom.bytes(16) }
        try self.init(passphrases, Parameters(cost: cost, salts: salts))
    }

    /// Derives the key of a file.
    ///
    /// - Throws: ``KMError`` `invalidSize`, `cryptographyUnavailable`; `passphraseRequired` if the number of passphrases
    ///   is not the number of custodians.
    init(_ passphrases: [SecretBytes], _ parameters: Parameters) throws {
        let custodians = parameters.salts.count
        guard passphrases.count == custodians else {
            throw KMError(
                .passphraseRequired,
                "the keyring file needs the passphrases of \(counted(custodians, "custodian")); got \(passphrases.count)"
            )
        }
        guard (1...2).contains(custodians), passphrases.allSatisfy({ (1...1024).contains($0.count) }) else {
            throw KMError(.invalidSize, "a keyring file needs one or two passphrases of 1 to 1024 bytes")
        }
        if custodians == 2, passphrases[0] == passphrases[1] {
            throw KMError(.invalidSize, "the two custodians must have different passphrases")
        }
        let keys = try zip(passphrases, parameters.salts).map { passphrase, salt in
            try parameters.cost.key(from: passphrase, salt: salt, byteCount: 32)
        }
        let input = try SecretBytes(count: 32 * keys.count) { target in
            for (number, key) in keys.enumerated() {
                key.withBytes { bytes in
                    for index in bytes.indices { target[32 * number + index] = bytes[index] }
                }
            }
        }
        self.parameters = parameters
        key = try hkdf(input, info: Array("KMSecurity keyring file, version 1".utf8), byteCount: 32)
    }
}
