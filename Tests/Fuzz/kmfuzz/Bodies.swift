import Foundation
import KMPrimitives
import KMSecurity
import KMTestSupport

/// Opens bodies at message and field level with the package and with the reference, which must agree.
///
/// The keys are those of the vectors, so that the vectors' messages open and findings are reproducible.
struct Bodies {
    /// The receiver's settings for an input at field level.
    struct Case {
        let selection: FieldSelection
        let keyID: CryptoKeyID
        let correlationID: CorrelationID?
    }

    let cases: [Case]
    private let first: CryptoKeyID
    private let cipher: ParameterCipher
    private let reference: ReferenceOpener
    private let sealer: ReferenceSealer

    static func prepared() -> Bodies {
        do {
            return try Bodies()
        } catch {
            fatalError("the fuzz target cannot be prepared: \(error)")
        }
    }

    private init() throws {
        let fields = try ReferenceVectors("field-decrypt")
        let keys = try ReferenceVectors("message-decrypt").openerKeys() + fields.openerKeys()
        first = try CryptoKeyID(keys[0].id)
        let ring = try CryptoKeyring(
            keys.map { key in
                try CryptoKey(
                    id: CryptoKeyID(key.id),
                    encryptionKey: key.privateKey.publicKey,
                    decryptionKey: key.privateKey,
                    state: key.isDiscarded ? .discarded : .active,
                    issuedAt: .distantPast
                )
            },
            primary: first
        )
        // With a cache most executions need no RSA operation, so the other code runs about a hundred times as often.
        cipher = try ParameterCipher(keyring: ring, dataKeyCaching: .standard)
        reference = ReferenceOpener(keys)
        sealer = try ReferenceSealer(to: keys[0].privateKey.publicKey)
        let plain = [
            ["$"], ["$.a"], ["$[*]"], ["$.a.b", "$.c"], ["$.*[*]"], ["$[0]", "$[1].a"], ["$['']"],
        ]
        let id = first
        var cases = try plain.map { Case(try FieldSelection($0, presence: .optional), id, nil) }
        cases += try plain.dropFirst().map { Case(try FieldSelection($0), id, nil) }
        for test in fields.groups.flatMap(\.tests) {
            guard let made = try? Case(test), !cases.contains(made) else { continue }
            cases.append(made)
        }
        self.cases = cases
    }

    /// Opens a body at message level; the first byte selects the meaning of the rest.
    func message(_ input: [UInt8]) {
        guard let kind = input.first else { return }
        let rest = Array(input.dropFirst())
        let header = Array(#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#.utf8)
        switch kind % 4 {
        case 0: compare(message: rest)
        // Messages with a valid tag: the input is the header of the first and the plaintext of the second.
        case 1: compare(message: Self.body(around: seal(header: rest, plaintext: [0x30])))
        case 2: compare(message: Self.body(around: seal(header: header, plaintext: rest)))
        default: compare(message: Self.body(around: rest))
        }
    }

    private func compare(message body: [UInt8]) {
        let ours = try? cipher.open(body, .message, under: first)
        precondition(ours == (try? reference.message(body, under: first.text)))
    }

    /// Opens a body at field level.
    ///
    /// The first byte selects the meaning of the rest; the second selects the paths, the key and the correlation id.
    func fields(_ input: [UInt8]) {
        guard input.count >= 2 else { return }
        let chosen = cases[Int(input[1]) % cases.count]
        let rest = Array(input.dropFirst(2))
        let header = Array(#"{"alg":"RSA-OAEP-256","enc":"A256GCM","cty":"json","path":"$['a']"}"#.utf8)
        switch input[0] % 4 {
        case 0: compare(fields: rest, chosen)
        case 1: sealAndOpen(rest, chosen)
        case 2: compare(fields: Self.document(around: seal(header: rest, plaintext: [0x30])), cases[1])
        default: compare(fields: Self.document(around: seal(header: header, plaintext: rest)), cases[1])
        }
    }

    private func compare(fields body: [UInt8], _ chosen: Case) {
        let ours = try? cipher.open(
            body,
            .fields(chosen.selection),
            under: chosen.keyID,
            correlationID: chosen.correlationID
        )
        precondition(ours == open(body, chosen))
    }

    private func open(_ body: [UInt8], _ chosen: Case) -> [UInt8]? {
        try? reference.fields(
            body,
            paths: chosen.selection.paths.map(\.description),
            presence: chosen.selection.presence.reference,
            under: chosen.keyID.text,
            correlationID: chosen.correlationID?.text
        )
    }

    /// Seals a document, which both the package and the reference must open to the same bytes.
    private func sealAndOpen(_ document: [UInt8], _ chosen: Case) {
        let sealed = try? cipher.seal(
            document,
            .fields(chosen.selection),
            under: first,
            at: .distantPast,
            correlationID: chosen.correlationID
        )
        guard let sealed else { return }
        let receiving = Case(chosen.selection, first, chosen.correlationID)
        precondition(open(sealed, receiving) == document)
        compare(fields: sealed, receiving)
    }

    private func seal(header: [UInt8], plaintext: [UInt8]) -> [UInt8] {
        do {
            return try sealer.jwe(header: header, plaintext: plaintext)
        } catch {
            fatalError("a message cannot be made: \(error)")
        }
    }

    private static func body(around text: [UInt8]) -> [UInt8] {
        Array(#"{"encData":""#.utf8) + text + Array(#""}"#.utf8)
    }

    private static func document(around text: [UInt8]) -> [UInt8] {
        Array(#"{"a":""#.utf8) + text + Array(#"","b":0}"#.utf8)
    }
}

extension Bodies.Case: Equatable {
    fileprivate init(_ selection: FieldSelection, _ keyID: CryptoKeyID, _ correlationID: CorrelationID?) {
        self.init(selection: selection, keyID: keyID, correlationID: correlationID)
    }

    /// Creates the settings for a vector, and throws if a receiver cannot have them.
    init(_ test: ReferenceVectors.Test) throws {
        self.init(
            try FieldSelection(test.paths ?? [], presence: test.requiresMatches ?? true ? .atLeastOnce : .optional),
            try CryptoKeyID(test.cryptoKeyId ?? ""),
            try test.correlationId.map { try CorrelationID($0) }
        )
    }
}

extension FieldSelection.Presence {
    var reference: ReferenceRequirement {
        switch self {
        case .everyItem: .everyItem
        case .atLeastOnce: .atLeastOnce
        case .optional: .optional
        }
    }
}
