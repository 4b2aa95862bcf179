import KMVectors
import Testing

@Suite("The format of Wycheproof files")
struct WycheproofFormatTests {
    @Test("An invalid file does not run")
    func invalidFiles() throws {
        var altered: [WycheproofSample] = []
        for members: [String: Any] in [["numberOfTests": 2], ["extra": 1], ["notes": [:]]] {
            var file = WycheproofSample.hmac([[:]])
            file.members = members
            altered.append(file)
        }
        for members: [String: Any] in [["extra": 1], ["type": "MacWithIvTest"], ["tagSize": "256"]] {
            var file = WycheproofSample.hmac([[:]])
            file.group = file.group.with(members)
            altered.append(file)
        }
        for members: [String: Any] in [
            ["iv": ""], ["result": "acceptable"], ["flags": ["G"]], ["key": "0"], ["tcId": "1"], ["tcId": 2],
        ] {
            altered.append(.hmac([members, [:]]))
        }
        for file in altered {
            let report = try file.report()
            #expect(report.failures.map(\.id) == [nil], "\(file)")
            #expect(report.total == 1)
        }
        #expect(try WycheproofSample.hmac([[:], [:]]).report().passed == 2)
    }

    @Test("All tests of an unsupported algorithm are skipped")
    func unsupportedAlgorithm() throws {
        var file = WycheproofSample(
            algorithm: "ECDSA",
            group: ["type": "EcdsaVerify", "publicKey": [:] as [String: Any]],
            tests: [["result": "acceptable", "sig": "00"], ["result": "valid"]]
        )
        let report = try file.report()
        #expect(report.skips.map(\.id) == [1, 2])
        #expect(report.skips.allSatisfy { $0.reason.contains("ECDSA") })
        #expect(report.total == 2)
        #expect(report.isSuccess)
        file.members = ["numberOfTests": 3]
        #expect(try file.report().failures.map(\.id) == [nil])
    }
}

@Suite(
    "The files of Wycheproof",
    .enabled(if: TestFiles.wycheproof != nil, "no Wycheproof files; set KMSEC_WYCHEPROOF to their folder")
)
struct WycheproofTests {
    private static let folder = TestFiles.wycheproof ?? ""

    @Test(
        "Every test passes or is skipped with a reason",
        arguments: [
            ("aes_gcm_test", "AES-GCM", 133, 183),
            ("hmac_sha256_test", "HMACSHA256", 87, 87),
            ("rsa_oaep_2048_sha1_mgf1sha1_test", "RSAES-OAEP", 29, 7),
            ("rsa_oaep_2048_sha256_mgf1sha256_test", "RSAES-OAEP", 29, 8),
            ("rsa_oaep_4096_sha256_mgf1sha256_test", "RSAES-OAEP", 29, 8),
        ]
    )
    func everyTest(name: String, algorithm: String, passed: Int, skipped: Int) {
        let report = VectorRunner().run(file: "\(Self.folder)/\(name).json")
        for failure in report.failures { Issue.record("\(name) \(failure)") }
        #expect(report.operation == algorithm)
        #expect(report.passed == passed)
        #expect(report.skips.count == skipped)
        #expect(report.skips.allSatisfy { !$0.reason.isEmpty })
    }

    @Test("A skip says which size is unsupported")
    func reasonsOfSkips() {
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
