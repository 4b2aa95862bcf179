import Foundation
import KMVectors

/// A file in Wycheproof's format with one group.
struct WycheproofSample {
    var algorithm: String
    var group: [String: Any]
    var tests: [[String: Any]]
    /// Members of the file that are added or replaced.
    var members: [String: Any] = [:]

    func report() throws -> VectorReport {
        let numbered = tests.enumerated().map { index, test in
            ["tcId": index + 1, "comment": "", "flags": ["F"]].with(test)
        }
        let file: [String: Any] = [
            "algorithm": algorithm, "schema": "s", "numberOfTests": tests.count, "header": ["h"],
            "notes": ["F": ["bugType": "BASIC"]],
            "testGroups": [group.with(["tests": numbered, "source": ["name": "n"]])],
        ]
        return VectorRunner().run(
            Array(try JSONSerialization.data(withJSONObject: file.with(members))),
            as: "test.json"
        )
    }

    /// Returns an HMAC-SHA-256 file; each test has the members of test case 2 of RFC 4231, and those in `tests`.
    static func hmac(tagSize: Int = 256, _ tests: [[String: Any]]) -> WycheproofSample {
        let valid: [String: Any] = [
            "key": "4a656665", "msg": "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
            "tag": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", "result": "valid",
        ]
        return WycheproofSample(
            algorithm: "HMACSHA256",
            group: ["type": "MacTest", "keySize": 32, "tagSize": tagSize],
            tests: tests.map(valid.with)
        )
    }

    /// Returns an AES-GCM file; each test has the members of McGrew and Viega's test case 1, and those in `tests`.
    static func gcm(sizes: [String: Any] = [:], _ tests: [[String: Any]]) -> WycheproofSample {
        let valid: [String: Any] = [
            "key": zeros(16), "iv": zeros(12), "aad": "", "msg": "", "ct": "",
            "tag": "58e2fccefa7e3061367f1d57a4e7455a", "result": "valid",
        ]
        let group: [String: Any] = ["type": "AeadTest", "ivSize": 96, "keySize": 128, "tagSize": 128]
        return WycheproofSample(algorithm: "AES-GCM", group: group.with(sizes), tests: tests.map(valid.with))
    }

    /// Returns `count` zero bytes in hexadecimal.
    static func zeros(_ count: Int) -> String { String(repeating: "00", count: count) }
}
