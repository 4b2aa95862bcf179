import KMVectors
import Testing

@Suite("The project's own vectors")
struct OwnVectorTests {
    @Test(
        arguments: [
            ("aes-gcm", 82), ("field-decrypt", 351), ("hmac-sha256", 45), ("json-path", 392), ("jwe-decrypt", 176),
            ("message-decrypt", 112), ("par-derive", 102), ("request-headers", 170), ("response-headers", 32),
            ("rsa-oaep-decrypt", 38),
            ("token-explain", 100),
            ("token-verify", 127),
        ]
    )
    func everyTestPasses(name: String, count: Int) {
        let report = VectorRunner().run(file: Places.vectors(name))
        for failure in report.failures { Issue.record("\(name) \(failure)") }
        #expect(report.operation == name)
        #expect(report.passed == count)
        #expect(report.total == count)
        #expect(report.skips.isEmpty)
        #expect(report.isSuccess)
    }

    @Test func everyFileIsListed() throws {
        // Those made from a seed are told of by their maker.
        let paths = try VectorRunner.files(at: Places.vectors).filter { !$0.contains("/generated/") }
        let names = paths.map { $0.split(separator: "/").last ?? "" }
        #expect(
            names == [
                "aes-gcm.json", "field-decrypt.json", "hmac-sha256.json", "json-path.json", "jwe-decrypt.json",
                "message-decrypt.json", "par-derive.json", "request-headers.json", "response-headers.json",
                "rsa-oaep-decrypt.json",
                "token-explain.json",
                "token-verify.json",
            ]
        )
    }
}
