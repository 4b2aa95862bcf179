#if PKCS11
import Foundation
import KMJOSE
import KMTestSupport

/// Tests of RSA-OAEP under one key, from `Vectors`, and from the files of Wycheproof if `KMSEC_WYCHEPROOF` names their
/// folder.
struct OAEPVectorGroup {
    struct Test {
        let ciphertext: [UInt8]
        /// The message; nil if the ciphertext must not decrypt.
        let message: [UInt8]?
    }

    let key: [UInt8]
    let algorithm: KeyManagementAlgorithm
    let tests: [Test]

    private struct File: Decodable {
        let groups: [Group]?
        let testGroups: [Group]?
    }

    private struct Group: Decodable {
        let privateKey: Key?
        let privateKeyPkcs8: String?
        let hash, sha, mgfSha: String?
        let tests: [Case]
    }

    /// PEM in the package's files, an object in Wycheproof's.
    private struct Key: Decodable {
        let pem: String?

        init(from decoder: any Decoder) throws { pem = try? decoder.singleValueContainer().decode(String.self) }
    }

    private struct Case: Decodable {
        let ciphertext, message, ct, msg, label: String?
        let result: String
    }

    static func all() throws -> [OAEPVectorGroup] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        var files = [root.appendingPathComponent("Vectors/rsa-oaep-decrypt.json")]
        if let folder = ProcessInfo.processInfo.environment["KMSEC_WYCHEPROOF"] {
            files += try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                .filter { $0.hasPrefix("rsa_oaep") }.map { URL(fileURLWithPath: "\(folder)/\($0)") }
        }
        return try files.flatMap { file in
            let content = try JSONDecoder().decode(File.self, from: Data(contentsOf: file))
            return (content.groups ?? content.testGroups ?? []).compactMap(OAEPVectorGroup.init)
        }
    }

    private init?(_ group: Group) {
        guard let hash = group.hash ?? group.sha, group.mgfSha == nil || group.mgfSha == hash else { return nil }
        guard hash == "SHA-256" || hash == "SHA-1" else { return nil }
        if let pem = group.privateKey?.pem {
            key = Array(pem.utf8)
        } else if let der = group.privateKeyPkcs8 {
            key = [UInt8](hex: der)
        } else {
            return nil
        }
        algorithm = hash == "SHA-256" ? .rsaOAEP256 : .insecureRSAOAEP
        tests = group.tests.map { test in
            // The package has no labels, so a ciphertext with one must not decrypt.
            let isValid = test.result == "valid" && (test.label ?? "").isEmpty
            return Test(
                ciphertext: [UInt8](hex: test.ciphertext ?? test.ct ?? ""),
                message: isValid ? [UInt8](hex: test.message ?? test.msg ?? "") : nil
            )
        }
    }
}
#endif
