extension CycloneDX {
    /// Describes RSA-OAEP-256 with keys of one size; nil if the size is not known.
    static func rsa(_ bitCount: Int?) -> Asset {
        // NIST SP 800-57 part 1 table 2; a size between two rows counts as the lower one.
        let level = bitCount.map { $0 < 3072 ? 112 : $0 < 7680 ? 128 : 192 }
        return algorithm(
            Reference.rsa(bitCount),
            "RSA-OAEP-256",
            Algorithm(
                primitive: "pke",
                parameterSetIdentifier: bitCount.map(String.init),
                padding: "oaep",
                cryptoFunctions: ["encrypt", "decrypt"],
                classicalSecurityLevel: level,
                nistQuantumSecurityLevel: 0
            ),
            dependsOn: [Reference.sha256]
        )
    }

    /// Describes the algorithms that do not depend on the keys.
    static func symmetricAlgorithms(_ protection: KeyringInventory.Protection) -> [Asset] {
        func gcm(_ reference: String, _ bitCount: Int, quantumLevel: Int) -> Asset {
            algorithm(
                reference,
                "AES-\(bitCount)-GCM",
                Algorithm(
                    primitive: "ae",
                    parameterSetIdentifier: "\(bitCount)",
                    mode: "gcm",
                    cryptoFunctions: ["keygen", "encrypt", "decrypt"],
                    classicalSecurityLevel: bitCount,
                    nistQuantumSecurityLevel: quantumLevel
                )
            )
        }
        let cost = "N=\(protection.scryptN),r=\(protection.scryptR),p=\(protection.scryptP)"
        return [
            gcm(Reference.aes128, 128, quantumLevel: 1), gcm(Reference.aes256, 256, quantumLevel: 5),
            algorithm(
                Reference.hmac,
                "HMAC-SHA-256",
                Algorithm(primitive: "mac", parameterSetIdentifier: "256", cryptoFunctions: ["tag", "verify"]),
                dependsOn: [Reference.sha256]
            ),
            algorithm(
                Reference.sha256,
                "SHA-256",
                Algorithm(
                    primitive: "hash",
                    parameterSetIdentifier: "256",
                    cryptoFunctions: ["digest"],
                    classicalSecurityLevel: 128,
                    nistQuantumSecurityLevel: 2
                )
            ),
            algorithm(
                Reference.scrypt,
                "scrypt",
                Algorithm(primitive: "kdf", parameterSetIdentifier: cost, cryptoFunctions: ["keyderive"]),
                dependsOn: [Reference.sha256]
            ),
            algorithm(
                Reference.hkdf,
                "HKDF-SHA-256",
                Algorithm(primitive: "kdf", parameterSetIdentifier: "256", cryptoFunctions: ["keyderive"]),
                dependsOn: [Reference.hmac]
            ),
        ]
    }

    private static func algorithm(
        _ reference: String,
        _ name: String,
        _ properties: Algorithm,
        dependsOn: [String] = []
    ) -> Asset {
        let crypto = CryptoProperties(assetType: "algorithm", algorithmProperties: properties)
        return Asset(
            component: Component(reference: reference, name: name, cryptoProperties: crypto),
            dependsOn: dependsOn
        )
    }

    /// The encryption of messages, with one cipher suite for each size of RSA keys and each content encryption.
    static func messages(_ rsa: [String]) -> Asset {
        let content = [("A128GCM", Reference.aes128), ("A256GCM", Reference.aes256)]
        let suites = rsa.flatMap { rsa in
            content.map {
                WireProtocol.CipherSuite(name: "RSA-OAEP-256 with \($0.0)", algorithms: [rsa, $0.1])
            }
        }
        return wire("protocol/messages", "JWE of messages", "RFC 7516", suites, rsa + content.map(\.1))
    }

    /// The authentication of calls.
    static func tokens() -> Asset {
        let suites = [WireProtocol.CipherSuite(name: "KMV1", algorithms: [Reference.hmac])]
        return wire("protocol/tokens", "X-KM-Tran-Token", "KMV1", suites, [Reference.hmac])
    }

    private static func wire(
        _ reference: String,
        _ name: String,
        _ version: String,
        _ suites: [WireProtocol.CipherSuite],
        _ algorithms: [String]
    ) -> Asset {
        let properties = WireProtocol(version: version, cipherSuites: suites, cryptoRefArray: algorithms)
        let crypto = CryptoProperties(assetType: "protocol", protocolProperties: properties)
        return Asset(
            component: Component(reference: reference, name: name, cryptoProperties: crypto),
            dependsOn: algorithms
        )
    }
}
