internal import Foundation
internal import KMSecurity

/// The operation `token-verify`: verifies the token of a request body.
///
/// The group has the secret key, the time zone, and the tolerance.
struct TokenVerifyVectors: VectorOperation {
    static let name = "token-verify"

    struct Shared: MemberSet {
        let secretKey: Hex
        let timeZone: String
        let toleranceSeconds: Int?

        enum CodingKeys: CodingKey, CaseIterable {
            case secretKey, timeZone, toleranceSeconds
        }
    }

    struct Input: MemberSet {
        let token: String
        let body: Hex
        /// The time on the verifier's clock, in milliseconds since 1970-01-01T00:00:00Z.
        let verifiedAt: Int64

        enum CodingKeys: CodingKey, CaseIterable {
            case token, body, verifiedAt
        }
    }

    struct Output: MemberSet {
        /// The instant in the token, in milliseconds since 1970-01-01T00:00:00Z.
        let tokenTime: Int64
        /// The token in the form of each profile.
        let documented, gateway: String

        enum CodingKeys: CodingKey, CaseIterable {
            case tokenTime, documented, gateway
        }
    }

    private let signer: TranTokenSigner
    private let verifier: TranTokenVerifier
    private let timeZone: TimeZoneCode

    init(_ shared: Shared) throws {
        let secretKey = try SecretKey(SecretBytes(copying: shared.secretKey.bytes))
        signer = TranTokenSigner(secretKey)
        verifier = TranTokenVerifier(
            secretKey,
            tolerance: shared.toleranceSeconds.map { .init(past: TimeInterval($0), future: TimeInterval($0)) }
        )
        timeZone = try TimeZoneCode(shared.timeZone)
    }

    func entryPoints(_ input: Input, _ expectation: Expectation<Output>) -> [EntryPoint] {
        let body = input.body.bytes
        var entryPoints = [
            EntryPoint("verify") {
                try verifier.verify(TranToken(input.token), body: body, timeZone: timeZone, at: input.verifiedAt.date)
            },
            EntryPoint("verify within a larger buffer") {
                let buffer = [0] + body + [0]
                try verifier.verify(
                    TranToken(input.token),
                    body: buffer.span.extracting(1..<buffer.count - 1),
                    timeZone: timeZone,
                    at: input.verifiedAt.date
                )
            },
        ]
        guard let output = expectation.output else { return entryPoints }
        entryPoints += [
            EntryPoint("parse, write") { try Self.check(TranToken(input.token), output) },
            EntryPoint("sign") {
                let stamp = try RequestStamp(date: output.tokenTime.date, timeZone: timeZone)
                try Self.check(signer.sign(body, at: stamp), output)
            },
        ]
        return entryPoints
    }

    private static func check(_ token: TranToken, _ output: Output) throws {
        try expect(token.text(.documented), output.documented, "token as documented")
        try expect(token.text(.gateway), output.gateway, "token as gateway")
    }
}
