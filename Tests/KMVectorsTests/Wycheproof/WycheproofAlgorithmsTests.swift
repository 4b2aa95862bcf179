import Foundation
import KMVectors
import Testing

@Suite("The algorithms of Wycheproof files")
struct WycheproofAlgorithmsTests {
    @Test("MACs pass or fail as the file expects")
    func macs() throws {
        let right = try WycheproofSample.hmac([[:], ["key": "", "result": "invalid"]]).report()
        #expect(right.passed == 2)
        let wrong = try WycheproofSample.hmac([["result": "invalid"], ["key": ""]]).report()
        #expect(wrong.failures.map(\.id) == [1, 2])
    }

    @Test("Truncated MACs are skipped, if the API rejects them")
    func truncatedMACs() throws {
        let cut: [String: Any] = ["tag": "5bdcc146bf60754e6a042426089575c7"]
        let report = try WycheproofSample.hmac(tagSize: 128, [cut, cut.with(["result": "invalid"]), [:]]).report()
        #expect(report.skips.map(\.id) == [1, 2])
        // The group says that the MAC is truncated, but it is not, and the API accepts it.
        #expect(report.failures.map(\.id) == [3])
    }

    @Test("AES-GCM messages pass or fail as the file expects")
    func encryptedMessages() throws {
        let altered: [String: Any] = ["tag": "58e2fccefa7e3061367f1d57a4e7455b"]
        let right = try WycheproofSample.gcm([[:], altered.with(["result": "invalid"])]).report()
        #expect(right.passed == 2)
        let wrong = try WycheproofSample.gcm([altered, ["result": "invalid"], ["msg": "00"]]).report()
        #expect(wrong.failures.map(\.id) == [1, 2, 3])
    }

    @Test("AES-GCM messages of an unsupported size are skipped, if the API rejects them")
    func unsupportedSizes() throws {
        // McGrew and Viega's test case 7, with a key of 192 bits.
        let long: [String: Any] = ["key": WycheproofSample.zeros(24), "tag": "cd33b28ac773f74ba00ed1f312572435"]
        #expect(try WycheproofSample.gcm(sizes: ["keySize": 192], [long]).report().skips.map(\.id) == [1])
        // The sizes that the group states are not enough to skip a test.
        for sizes in [["keySize": 192], ["ivSize": 128], ["tagSize": 96]] {
            #expect(try WycheproofSample.gcm(sizes: sizes, [[:]]).report().failures.map(\.id) == [1])
        }
    }

    @Test("OAEP ciphertexts with a label are skipped, if the API rejects them")
    func labels() throws {
        let file = try oaep { plain, labelled in
            [
                plain.with(["result": "valid"]), labelled.with(["result": "invalid"]),
                labelled.with(["label": "41", "result": "valid"]), plain.with(["label": "41", "result": "invalid"]),
                plain.with(["label": "41", "result": "valid"]), labelled.with(["result": "valid"]),
            ]
        }
        let report = try file.report()
        #expect(report.passed == 2)
        #expect(report.skips.map(\.id) == [3, 4])
        // Test 5 has a label in the file, but decrypts without it. Test 6 has none, but was encrypted with one.
        #expect(report.failures.map(\.id) == [5, 6])
    }

    @Test("OAEP groups with an unsupported hash or key size are skipped; a group with two keys that differ fails")
    func unsupportedGroups() throws {
        for change: [String: Any] in [
            ["sha": "SHA-512", "mgfSha": "SHA-512"], ["mgfSha": "SHA-1"], ["mgf": "MGF2"], ["keySize": 1024],
        ] {
            var file = try oaep { plain, _ in [plain.with(["result": "valid"])] }
            #expect(try file.report().passed == 1)
            file.group = file.group.with(change)
            #expect(try file.report().skips.map(\.id) == [1])
        }
        var file = try oaep { plain, _ in [plain.with(["result": "valid"])] }
        file.group["privateKeyPem"] = try VectorTree(operation: "token-verify").groups.first?["secretKey"]
        #expect(try file.report().failures.map(\.id) == [nil])
    }

    /// Returns an RSA-OAEP file with the key and two ciphertexts of `rsa-oaep-decrypt.json`.
    ///
    /// Both ciphertexts contain the same message, one without and one with a label.
    private func oaep(
        _ tests: (_ plain: [String: Any], _ labelled: [String: Any]) -> [[String: Any]]
    ) throws -> WycheproofSample {
        let group = try #require(try VectorTree(operation: "rsa-oaep-decrypt").groups.first)
        let pem = try #require(group["privateKey"] as? String)
        let base64 = pem.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()
        let der = try #require(Data(base64Encoded: base64))
        let own = try #require(group["tests"] as? [[String: Any]])
        let plain = try #require(own.first { $0["comment"] as? String == "a ciphertext whose first byte is zero" })
        let labelled = try #require(own.first { $0["comment"] as? String == "a label that is not empty" })
        let message = try #require(plain["message"])
        func members(_ test: [String: Any]) -> [String: Any] {
            ["ct": test["ciphertext"] ?? "", "msg": message, "label": ""]
        }
        return WycheproofSample(
            algorithm: "RSAES-OAEP",
            group: [
                "type": "RsaesOaepDecrypt", "keySize": 2048, "sha": "SHA-256", "mgf": "MGF1", "mgfSha": "SHA-256",
                "privateKeyPkcs8": der.map { String(format: "%02x", $0) }.joined(), "privateKeyPem": pem,
            ],
            tests: tests(members(plain), members(labelled))
        )
    }
}
