import Foundation
import KMPrimitives
import KMSecurity
import KMTestSupport

/// Bodies of both levels, opened by the package and by the reference, which have to agree.
///
/// The keys are those of the vectors: messages of theirs open, and what was found in one run says the same in the next.
struct Bodies {
    /// What a field level's input is opened with.
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
        // With a cache most executions cost no RSA operation, and the rest is met a hundred times as often.
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

    /// Message level: the first byte tells what the rest is.
    func message(_ input: [UInt8]) {
        guard let kind = input.first else { return }
        let rest = Array(input.dropFirst())
        let header = Array(#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#.utf8)
        switch kind % 4 {
        case 0: compare(message: rest)
        // An authentic message with this header, and one with this plaintext: the tag is right.
        case 1: compare(message: Self.body(around: seal(header: rest, plaintext: [0x30])))
        case 2: compare(message: Self.body(around: seal(header: header, plaintext: rest)))
        default: compare(message: Self.body(around: rest))
        }
    }

    private func compare(message body: [UInt8]) {
        let ours = try? cipher.open(body, .message, under: first)
        precondition(ours == (try? reference.message(body, under: first.text)))
    }

    /// Field level: the first byte tells what the rest is, the second chooses paths, key and correlation id.
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

    /// What is sealed comes back byte for byte, from both.
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

    /// What a vector is opened with; it throws where no such receiver can be made.
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
