import KMVectors
import Testing

@Suite(
    "Wycheproof's files",
    .enabled(if: Places.wycheproof != nil, "no Wycheproof files here; name their folder in KMSEC_WYCHEPROOF")
)
struct WycheproofTests {
    private static let folder = Places.wycheproof ?? ""

    @Test(
        arguments: [
            ("aes_gcm_test", "AES-GCM", 133, 183),
            ("hmac_sha256_test", "HMACSHA256", 87, 87),
            ("rsa_oaep_2048_sha1_mgf1sha1_test", "RSAES-OAEP", 29, 7),
            ("rsa_oaep_2048_sha256_mgf1sha256_test", "RSAES-OAEP", 29, 8),
            ("rsa_oaep_4096_sha256_mgf1sha256_test", "RSAES-OAEP", 29, 8),
        ]
    )
    func everyTestPassesOrIsListed(name: String, algorithm: String, passed: Int, skipped: Int) {
        let report = VectorRunner().run(file: "\(Self.folder)/\(name).json")
        for failure in report.failures { Issue.record("\(name) \(failure)") }
        #expect(report.operation == algorithm)
        #expect(report.passed == passed)
        #expect(report.skips.count == skipped)
        #expect(report.skips.allSatisfy { !$0.reason.isEmpty })
    }

    @Test func skipsTellTheirReasons() {
        func reasons(_ name: String) -> Set<String> {
            Set(VectorRunner().run(file: "\(Self.folder)/\(name).json").skips.map(\.reason))
        }
        #expect(reasons("hmac_sha256_test") == ["a MAC truncated to 128 bits; must be 256"])
        let sizes = reasons("aes_gcm_test")
        #expect(sizes.contains("a key of 192 bits; must be 128 or 256"))
        #expect(sizes.contains("an IV of 0 bits; must be 96"))
        #expect(sizes.allSatisfy { $0.hasPrefix("a key of 192 bits") || $0.hasPrefix("an IV of ") })
        #expect(reasons("rsa_oaep_2048_sha256_mgf1sha256_test").allSatisfy { $0.hasPrefix("a label of ") })
    }
}
