internal import KMPrimitives
internal import KMSecurity

/// The operation `par-derive`: derives the PAR of a PAN with a key, a key version and a prefix.
struct PARVectors: VectorOperation {
    static let name = "par-derive"

    struct Shared: MemberSet {
        let key: Hex
        let keyVersion: UInt32
        let prefix: String

        enum CodingKeys: CodingKey, CaseIterable {
            case key, keyVersion, prefix
        }
    }

    struct Input: MemberSet {
        let pan: String

        enum CodingKeys: CodingKey, CaseIterable {
            case pan
        }
    }

    struct Output: MemberSet {
        let par: String
        /// The check value of the group's key; each test has it, since groups have no outputs.
        let keyCheckValue: String

        enum CodingKeys: CodingKey, CaseIterable {
            case par, keyCheckValue
        }
    }

    private let shared: Shared

    init(_ shared: Shared) {
        self.shared = shared
    }

    func entryPoints(_ input: Input, _ expectation: Expectation<Output>) -> [EntryPoint] {
        let pan = Array(input.pan.utf8)
        var entryPoints = [
            EntryPoint("derive from a PAN") { try check(tokenizer().par(for: PAN(input.pan)), expectation.output) },
            EntryPoint("derive from digits in a buffer") {
                let buffer = [UInt8(ascii: "9")] + pan + [UInt8(ascii: "9")]
                let digits = buffer.span.extracting(1..<buffer.count - 1)
                try check(tokenizer().par(forDigits: digits), expectation.output)
            },
        ]
        guard let output = expectation.output else { return entryPoints }
        entryPoints += [
            EntryPoint("key check value") { try expect(key().keyCheckValue, output.keyCheckValue, "key check value") },
            EntryPoint("derive under a retired key") {
                let other = try TokenizationKey(SecretBytes(randomCount: 32), version: shared.keyVersion ^ 1)
                let tokenizer = try PARTokenizer(other, former: [key()], prefix: PAR.Prefix(shared.prefix))
                let par = try PAR(output.par)
                try check(tokenizer.par(for: PAN(input.pan), version: shared.keyVersion), output)
                try expect(tokenizer.version(of: par, for: PAN(input.pan)) == shared.keyVersion, "key version")
            },
        ]
        return entryPoints
    }

    private func key() throws -> TokenizationKey {
        try TokenizationKey(SecretBytes(copying: shared.key.bytes), version: shared.keyVersion)
    }

    private func tokenizer() throws -> PARTokenizer {
        try PARTokenizer(key(), prefix: PAR.Prefix(shared.prefix))
    }

    private func check(_ par: PAR, _ output: Output?) throws {
        guard let output else { return }
        try expect(par.text, output.par, "PAR")
        try expect(par == PAR(output.par), "PAR after parsing")
    }
}
