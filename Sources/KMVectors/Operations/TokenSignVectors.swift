internal import Foundation
internal import KMSecurity

/// The operation `token-sign`: computes the token of a request body.
///
/// The inputs are the secret key, the body, the time of signing, and the profile.
struct TokenSignVectors: VectorOperation {
    static let name = "token-sign"

    struct Input: MemberSet {
        let secretKey: Hex
        let timeZone: String
        /// The time of signing, in milliseconds since 1970-01-01T00:00:00Z.
        let signedAt: Int64
        let profile: ProfileName
        let body: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case secretKey, timeZone, signedAt, profile, body
        }
    }

    struct Output: MemberSet {
        let token: String

        enum CodingKeys: CodingKey, CaseIterable {
            case token
        }
    }

    init(_ shared: NoMembers) {}

    func entryPoints(_ input: Input, _ expectation: Expectation<Output>) -> [EntryPoint] {
        let body = input.body.bytes
        var entryPoints = [
            EntryPoint("sign") { try Self.check(Self.sign(input, body.span), input, expectation.output) },
            EntryPoint("sign within a larger buffer") {
                let buffer = [0] + body + [0]
                let token = try Self.sign(input, buffer.span.extracting(1..<buffer.count - 1))
                try Self.check(token, input, expectation.output)
            },
        ]
        if let output = expectation.output {
            entryPoints.append(
                EntryPoint("verify the expected token") {
                    let verifier = try TranTokenVerifier(Self.secretKey(input), tolerance: .init(past: 0, future: 0))
                    let zone = try TimeZoneCode(input.timeZone)
                    try verifier.verify(TranToken(output.token), body: body, timeZone: zone, at: input.signedAt.date)
                }
            )
        }
        return entryPoints
    }

    private static func secretKey(_ input: Input) throws -> SecretKey {
        try SecretKey(SecretBytes(copying: input.secretKey.bytes))
    }

    private static func sign(_ input: Input, _ body: Span<UInt8>) throws -> TranToken {
        let stamp = try RequestStamp(date: input.signedAt.date, timeZone: TimeZoneCode(input.timeZone))
        return try TranTokenSigner(secretKey(input)).sign(body, at: stamp)
    }

    private static func check(_ token: TranToken, _ input: Input, _ output: Output?) throws {
        guard let output else { return }
        try expect(token.text(input.profile.profile), output.token, "token")
    }
}
