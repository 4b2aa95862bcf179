internal import Foundation
internal import KMJSON
internal import KMSecurity

/// The operation `json-path`: finds the values in a document that paths select.
struct JSONPathVectors: VectorOperation {
    static let name = "json-path"

    struct Input: MemberSet {
        let paths: [String]
        /// Whether each path must match at least one value.
        let requiresMatches: Bool
        let document: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case paths, requiresMatches, document
        }
    }

    struct Output: MemberSet {
        /// The matches, in the order in which they appear in the document.
        let matches: [Strict<Match>]

        enum CodingKeys: CodingKey, CaseIterable {
            case matches
        }
    }

    struct Match: MemberSet {
        /// The normalized path.
        let path: String
        /// The offset of the value in the document, in bytes.
        let offset: Int
        let value: Hex

        enum CodingKeys: CodingKey, CaseIterable {
            case path, offset, value
        }
    }

    private let cipher: ParameterCipher
    private let sealed: SealedFields

    init(_ shared: NoMembers) throws {
        // A random key is enough: no output of the encryption is compared with the file.
        let pair = try RSAPrivateKey.generate()
        let id = try CryptoKeyID.random()
        let key = try CryptoKey(id: id, encryptionKey: pair.publicKey, decryptionKey: pair, issuedAt: Date())
        cipher = try ParameterCipher(keyring: CryptoKeyring(primary: key))
        sealed = SealedFields(encryption: .a256GCM, keyID: id, privateKey: pair, correlationID: nil)
    }

    func entryPoints(_ input: Input, _ expectation: Expectation<Output>) -> [EntryPoint] {
        let document = input.document.bytes
        let output = expectation.output
        let entryPoints = [
            EntryPoint("match") {
                let selection = try FieldSelection(input.paths, requiresMatches: input.requiresMatches)
                try Self.check(selection, document, output)
            },
            EntryPoint("match with normalized paths") {
                let paths = try input.paths.map(JSONPath.init(_:))
                let normalized = try paths.map { try JSONPath($0.description) }
                try expect(normalized == paths, "path from its normalized form")
                let selection = try FieldSelection(normalized, requiresMatches: input.requiresMatches)
                try Self.check(selection, document, output)
            },
        ]
        guard output != nil else {
            // Sender and receiver must both reject the selection or document.
            return entryPoints + [
                EntryPoint("encrypt") {
                    let selection = try FieldSelection(input.paths, requiresMatches: input.requiresMatches)
                    _ = try cipher.seal(document, .fields(selection), under: sealed.keyID, at: Date())
                },
                EntryPoint("decrypt") {
                    let selection = try FieldSelection(input.paths, requiresMatches: input.requiresMatches)
                    _ = try cipher.open(document, .fields(selection), under: sealed.keyID)
                },
            ]
        }
        return entryPoints + [
            EntryPoint("encrypt, decrypt") {
                let selection = try FieldSelection(input.paths, requiresMatches: input.requiresMatches)
                let body = try cipher.seal(document, .fields(selection), under: sealed.keyID, at: Date())
                try sealed.check(body, of: document, selection)
                let decrypted = try cipher.open(body, .fields(selection), under: sealed.keyID)
                try expect(decrypted == document, "document")
            }
        ]
    }

    private static func check(_ selection: FieldSelection, _ document: [UInt8], _ output: Output?) throws {
        let found = try FieldMatcher.matches(
            selection,
            in: document.span,
            limits: ParameterLimits.standard.matcherLimits
        )
        guard let expected = output?.matches.map(\.members) else { return }
        try expect(found.count == expected.count, "number of matches")
        for (found, expected) in zip(found, expected) {
            try expect(found.path == Array(expected.path.utf8), "path")
            try expect(found.range.lowerBound == expected.offset, "offset")
            try expect(document[found.range].elementsEqual(expected.value.bytes), "value")
        }
    }
}
