import Foundation
import KMCommandLine
import KMSecurity

extension CycloneDX {
    /// An asset of a document, and the references of what it depends on.
    struct Asset {
        let component: Component
        let dependsOn: [String]

        var reference: String { component.reference ?? "" }
    }

    /// The references of the algorithms and of the keyring file.
    enum Reference {
        static let file = "keyring-file"
        static let aes128 = "algorithm/AES-128-GCM"
        static let aes256 = "algorithm/AES-256-GCM"
        static let hmac = "algorithm/HMAC-SHA-256"
        static let sha256 = "algorithm/SHA-256"
        static let scrypt = "algorithm/scrypt"
        static let hkdf = "algorithm/HKDF-SHA-256"

        static func rsa(_ bitCount: Int?) -> String {
            "algorithm/RSA-OAEP-256" + (bitCount.map { "/\($0)" } ?? "")
        }
    }

    /// Describes a keyring file.
    init(_ inventory: KeyringInventory) {
        let sizes = Set(inventory.keys.flatMap(\.bitCounts)).sorted()
        let hasUnknownSize = inventory.keys.contains { $0.privateKey.location != .none && $0.privateKey.bits == nil }
        let rsa = sizes.map(Self.rsa) + (sizes.isEmpty || hasUnknownSize ? [Self.rsa(nil)] : [])
        let assets =
            rsa + Self.symmetricAlgorithms(inventory.protection) + [Self.messages(rsa.map(\.reference)), Self.tokens()]
            + Self.fileKeys(inventory) + inventory.keys.flatMap(Self.assets)
        let file = Component(
            type: "file",
            reference: Reference.file,
            name: URL(filePath: inventory.file).lastPathComponent,
            version: "\(inventory.generation)",
            description: "The keyring file of a \(inventory.role.rawValue), and its audit log"
        )
        metadata = Metadata(
            timestamp: inventory.date,
            tools: .init(components: [Component(type: "application", name: "kmsec", version: Version.number)]),
            component: file
        )
        components = assets.map(\.component)
        dependencies =
            [Dependency(ref: Reference.file, dependsOn: assets.map(\.reference))]
            + assets.map { Dependency(ref: $0.reference, dependsOn: $0.dependsOn) }
    }
}
