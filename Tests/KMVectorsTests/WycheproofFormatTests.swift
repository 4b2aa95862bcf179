import KMVectors
import Testing

@Suite("Wycheproof's format")
struct WycheproofFormatTests {
    @Test func whatIsNotPassedOver() throws {
        var spoilt: [MadeWycheproofFile] = []
        for members: [String: Any] in [["numberOfTests": 2], ["extra": 1], ["notes": [:]]] {
            var file = MadeWycheproofFile.hmac([[:]])
            file.members = members
            spoilt.append(file)
        }
        for members: [String: Any] in [["extra": 1], ["type": "MacWithIvTest"], ["tagSize": "256"]] {
            var file = MadeWycheproofFile.hmac([[:]])
            file.group = file.group.with(members)
            spoilt.append(file)
        }
        for members: [String: Any] in [
            ["iv": ""], ["result": "acceptable"], ["flags": ["G"]], ["key": "0"], ["tcId": "1"], ["tcId": 2],
        ] {
            spoilt.append(.hmac([members, [:]]))
        }
        for file in spoilt {
            let report = try file.report()
            #expect(report.failures.map(\.id) == [nil], "\(file)")
            #expect(report.total == 1)
        }
        #expect(try MadeWycheproofFile.hmac([[:], [:]]).report().passed == 2)
    }

    @Test func algorithmsOfOthersAreListed() throws {
        var file = MadeWycheproofFile(
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
