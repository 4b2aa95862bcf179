internal import Foundation
internal import KMDiagnosis
internal import KMSecurity

/// The operation `token-explain`: finds the mistake that a sender made when it computed a token.
///
/// The inputs are the secret key, the body, and the token.
struct TokenExplainVectors: VectorOperation {
    static let name = "token-explain"

    struct Shared: MemberSet {
        let secretKey: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case secretKey
        }
    }

    struct Input: MemberSet {
        let token: String
        let body: Hex
        /// The parameters before encryption, if the verifier has them.
        let parameters: Hex?

        enum CodingKeys: CodingKey, CaseIterable {
            case token, body, parameters
        }
    }

    struct Output: MemberSet {
        let cause: String

        enum CodingKeys: CodingKey, CaseIterable {
            case cause
        }
    }

    private let secret: SecretBytes
    private let verifier: TranTokenVerifier

    init(_ shared: Shared) throws {
        secret = try SecretBytes(copying: shared.secretKey.bytes)
        verifier = TranTokenVerifier(try SecretKey(secret), tolerance: nil)
    }

    func entryPoints(_ input: Input, _ expectation: Expectation<Output>) -> [EntryPoint] {
        let expected = expectation.output?.cause
        return [
            EntryPoint("explain") {
                let found = try TokenDiagnosis.explain(
                    token: input.token,
                    body: input.body.bytes,
                    secret: secret,
                    parameters: input.parameters?.bytes
                )
                try expect(found.cause, expected ?? found.cause, "cause (\(found.cause))")
                try expect(!found.advice.isEmpty, "advice")
            },
            EntryPoint("verify") {
                let verifies = (try? verify(input)) != nil
                try expect(verifies == (expected == TokenDiagnosis.verifies.cause), "verdict on the token")
            },
            EntryPoint("causes") {
                let named = (expected ?? "").split(separator: "+").map(String.init)
                let outcomes = [TokenDiagnosis.verifies.cause, TokenDiagnosis.unknown.cause]
                let isKnown = named.allSatisfy { TokenDiagnosis.causes.contains($0) }
                try expect(isKnown || outcomes.contains(expected ?? ""), "list of causes")
            },
        ]
    }

    private func verify(_ input: Input) throws {
        try verifier.verify(TranToken(input.token), body: input.body.bytes, timeZone: .utc, at: .distantPast)
    }
}
