import Foundation

/// A CycloneDX 1.6 document, as far as a cryptography bill of materials needs it (ECMA-424, cyclonedx.org).
struct CycloneDX: Encodable {
    struct Metadata: Encodable {
        struct Tools: Encodable {
            let components: [Component]
        }

        let timestamp: Date
        let tools: Tools
        let component: Component
    }

    /// A piece of software, a file or a cryptographic asset.
    struct Component: Encodable {
        struct Hash: Encodable {
            let alg: String
            let content: String
        }

        var type = "cryptographic-asset"
        var reference: String?
        let name: String
        var version: String?
        var description: String?
        var hashes: [Hash]?
        var cryptoProperties: CryptoProperties?
        var properties: [Property]?

        private enum CodingKeys: String, CodingKey {
            case type
            case reference = "bom-ref"
            case name, version, description, hashes, cryptoProperties, properties
        }
    }

    /// A fact for which CycloneDX has no member.
    struct Property: Encodable {
        let name: String
        let value: String
    }

    /// What a cryptographic asset is; exactly one of the optional members is set.
    struct CryptoProperties: Encodable {
        let assetType: String
        var algorithmProperties: Algorithm?
        var certificateProperties: Certificate?
        var relatedCryptoMaterialProperties: Material?
        var protocolProperties: WireProtocol?
    }

    struct Algorithm: Encodable {
        let primitive: String
        var parameterSetIdentifier: String?
        var mode: String?
        var padding: String?
        let cryptoFunctions: [String]
        var classicalSecurityLevel: Int?
        var nistQuantumSecurityLevel: Int?
        let executionEnvironment = "software-plain-ram"
    }

    struct Certificate: Encodable {
        let notValidBefore: Date
        let notValidAfter: Date
        let subjectPublicKeyRef: String
        let certificateFormat = "X.509"
    }

    /// A key or another value, without the value.
    struct Material: Encodable {
        struct Protection: Encodable {
            let mechanism: String
            let algorithmRef: String?
        }

        let type: String
        let id: String
        let state: String?
        var algorithmRef: String?
        var creationDate: Date?
        var updateDate: Date?
        var size: Int?
        var format: String?
        var securedBy: Protection?
    }

    struct WireProtocol: Encodable {
        struct CipherSuite: Encodable {
            let name: String
            let algorithms: [String]
        }

        let type = "other"
        let version: String
        let cipherSuites: [CipherSuite]
        let cryptoRefArray: [String]
    }

    struct Dependency: Encodable {
        let ref: String
        let dependsOn: [String]
    }

    let bomFormat = "CycloneDX"
    let specVersion = "1.6"
    let serialNumber = "urn:uuid:\(UUID().uuidString.lowercased())"
    let version = 1
    let metadata: Metadata
    let components: [Component]
    let dependencies: [Dependency]
}
