import KMPrimitives
import KMTestSupport
import Testing

/// Checks the reference implementation against the vectors, which runners in other languages confirm.
@Suite("Agreement of the reference implementation and the vectors")
struct ReferenceVectorTests {
    @Test(arguments: ["message-decrypt", "generated/message-decrypt"])
    func theReferenceAgreesWithTheMessageVectors(file: String) throws {
        try everyTest(of: file) { _, opener, test in
            try opener.message([UInt8](hex: test.body), under: #require(test.cryptoKeyId))
        }
    }

    @Test(arguments: ["field-decrypt", "generated/field-decrypt"])
    func theReferenceAgreesWithTheFieldVectors(file: String) throws {
        try everyTest(of: file) { _, opener, test in
            try opener.fields(
                [UInt8](hex: test.body),
                paths: #require(test.paths),
                presence: test.requiresMatches == false ? .optional : .atLeastOnce,
                under: #require(test.cryptoKeyId),
                correlationID: test.correlationId
            )
        }
    }

    @Test(arguments: ["token-verify", "generated/token-verify"])
    func theReferenceAgreesWithTheTokenVectors(file: String) throws {
        try everyTest(of: file) { group, _, test in
            try ReferenceToken(#require(test.token)).verify(
                [UInt8](hex: test.body),
                secret: SecretBytes(copying: [UInt8](hex: #require(group.secretKey))),
                secondsFromUTC: group.secondsFromUTC,
                toleranceSeconds: group.toleranceSeconds,
                verifiedAt: #require(test.verifiedAt)
            )
            return nil
        }
    }

    private func everyTest(
        of file: String,
        _ open: (ReferenceVectors.Group, ReferenceOpener, ReferenceVectors.Test) throws -> [UInt8]?
    ) throws {
        let groups = try ReferenceVectors(file).groups
        #expect(!groups.flatMap(\.tests).isEmpty)
        for group in groups {
            let opener = try ReferenceOpener(group.openerKeys())
            for test in group.tests {
                do {
                    let plaintext = try open(group, opener, test)
                    #expect(test.result == "valid", "\(file) \(test.id)")
                    #expect(plaintext == test.parameters.map { [UInt8](hex: $0) }, "\(file) \(test.id)")
                } catch let rejection as ReferenceRejection {
                    #expect(rejection.code == test.error, "\(file) \(test.id)")
                }
            }
        }
    }
}
