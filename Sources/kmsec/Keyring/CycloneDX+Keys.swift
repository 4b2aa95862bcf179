import KMPrimitives
import KMSecurity

extension CycloneDX {
    /// The two secret keys that belong to the file itself.
    static func fileKeys(_ inventory: KeyringInventory) -> [Asset] {
        let sealing = Material(
            type: "secret-key",
            id: "file-key",
            state: "active",
            algorithmRef: Reference.aes256,
            size: 256,
            securedBy: .init(
                mechanism: "Derived from \(counted(inventory.protection.custodians, "passphrase")); not stored",
                algorithmRef: Reference.hkdf
            )
        )
        let log = Material(
            type: "secret-key",
            id: "audit-log-key",
            state: "active",
            algorithmRef: Reference.hmac,
            size: 256,
            securedBy: .init(mechanism: "Sealed in the keyring file", algorithmRef: Reference.aes256)
        )
        return [
            material("file-key", "Key of the keyring file", sealing, [Reference.scrypt, Reference.hkdf]),
            material("audit-log-key", "Key of the audit log", log, [Reference.sha256, Reference.aes256]),
        ]
    }

    private static func material(
        _ reference: String,
        _ name: String,
        _ properties: Material,
        _ dependsOn: [String] = [],
        _ facts: [Property]? = nil
    ) -> Asset {
        let crypto = CryptoProperties(
            assetType: "related-crypto-material",
            relatedCryptoMaterialProperties: properties
        )
        return Asset(
            component: Component(reference: reference, name: name, cryptoProperties: crypto, properties: facts),
            dependsOn: Set(dependsOn + [properties.algorithmRef].compactMap(\.self)).sorted()
        )
    }

    /// Returns the private key, the peer's certificate and its public key, or one asset for an erased key.
    static func assets(_ key: KeyringInventory.Key) -> [Asset] {
        let facts = [
            Property(name: "kmsec:primary", value: "\(key.isPrimary)"),
            Property(name: "kmsec:callbacks", value: "\(key.isForCallbacks)"),
        ]
        func material(_ type: String, _ name: String, _ bitCount: Int?, securedBy: Material.Protection? = nil) -> Asset
        {
            let properties = Material(
                type: type,
                id: key.id,
                state: key.state.rawValue,
                algorithmRef: key.state == .destroyed ? nil : Reference.rsa(bitCount),
                creationDate: key.issuedAt,
                updateDate: key.changedAt,
                size: bitCount,
                securedBy: securedBy
            )
            let dependsOn = [securedBy?.algorithmRef].compactMap(\.self)
            return self.material("key/\(key.id)/\(type)", "Key \(key.id): \(name)", properties, dependsOn, facts)
        }
        var assets: [Asset] = []
        switch key.privateKey.location {
        case .sealed:
            let protection = Material.Protection(
                mechanism: "Sealed in the keyring file",
                algorithmRef: Reference.aes256
            )
            assets.append(material("private-key", "own private key", key.privateKey.bits, securedBy: protection))
        case .file:
            let protection = Material.Protection(mechanism: "None: an unencrypted file of its own", algorithmRef: nil)
            assets.append(material("private-key", "own private key", key.privateKey.bits, securedBy: protection))
        case .uri:
            let protection = Material.Protection(mechanism: "In an HSM or a key service", algorithmRef: nil)
            assets.append(material("private-key", "own private key", key.privateKey.bits, securedBy: protection))
        case .none: break
        }
        if let certificate = key.certificate {
            let publicKey = material("public-key", "public key of the peer", certificate.publicKeyBits)
            assets += [publicKey, self.certificate(certificate, of: key, publicKey.reference)]
        }
        return assets.isEmpty ? [material("key", "erased", nil)] : assets
    }

    private static func certificate(
        _ certificate: KeyringInventory.PeerCertificate,
        of key: KeyringInventory.Key,
        _ publicKey: String
    ) -> Asset {
        let properties = Certificate(
            notValidBefore: certificate.notBefore,
            notValidAfter: certificate.notAfter,
            subjectPublicKeyRef: publicKey
        )
        let component = Component(
            reference: "key/\(key.id)/certificate",
            name: "Key \(key.id): certificate of the peer",
            hashes: [.init(alg: "SHA-256", content: certificate.sha256)],
            cryptoProperties: CryptoProperties(assetType: "certificate", certificateProperties: properties),
            properties: [Property(name: "kmsec:serialNumber", value: certificate.serialNumber)]
        )
        return Asset(component: component, dependsOn: [publicKey])
    }
}
