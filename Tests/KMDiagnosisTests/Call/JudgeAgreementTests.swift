import Foundation
import HTTPTypes
import KMDiagnosis
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import KMWire
import Testing

/// Compares the judge's own decision with a real server's for many mutated requests.
@Suite("The judge decides as the server does")
struct JudgeAgreementTests {
    /// How a scene's endpoint protects requests.
    enum Level: CaseIterable {
        case message, fields, plain, messageOrPlain, fieldsOrPlain
    }

    private static func scene(_ level: Level, isCallback: Bool) throws -> Scene {
        var scene = try Scene()
        if isCallback { scene.useCallback() }
        let (message, fields) = (Endpoint.waitingPhysicalCards, Endpoint.waitingPhysicalCardsByField)
        switch level {
        case .message: break
        case .fields: try scene.useFields()
        case .plain: (scene.endpoint, scene.draft.body) = (.test(.none), ClientAndServer.parameters)
        case .messageOrPlain:
            scene.endpoint = Endpoint("/test", request: .init(insecureAcceptingPlain: message.request.protection))
        case .fieldsOrPlain:
            try scene.useFields()
            scene.endpoint = Endpoint("/test", request: .init(insecureAcceptingPlain: fields.request.protection))
        }
        return scene
    }

    /// Compares both decisions for a scene.
    private static func compare(_ scene: Scene, _ what: @autoclosure () -> String) async throws {
        let judgment = try await scene.judgment()
        let code = try await scene.serverCode()
        #expect(judgment.openCode == code, "\(what()): \(judgment.summary)")
        #expect((judgment.verdict == .accepted || judgment.code == "parametersInvalid") == (code == nil), "\(what())")
        #expect(judgment.verdict != .undecided)
        // An accepted request passes every check of the server.
        if code == nil {
            #expect(judgment.steps.allSatisfy { $0.outcome == .passed || $0.name == .parameters }, "\(what())")
        }
        try RequestJudgeTests.checkSecrets(judgment)
    }

    private static let values = [
        nil, "", "x", "UTC", "KST", "IST", "utc", "000170000000000", "000180000000000", "0001700000000000",
        ClientAndServer.keyText, ClientAndServer.otherKeyText, Scene.inactiveText, Scene.discardedText,
        ClientAndServer.keyText.uppercased(), "270305123456-0a1b2c3", "270305213456-0a1b2c3", "20270305123456",
        "20270305213456", "20270305123456789", "20271305123456", "0123456789abcdef0123456789abcdef01234567",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn", String(repeating: "9", count: 32), "é", "a b",
    ]

    private static let names: [HTTPField.Name] = [
        .kmUserAspID, .kmCorrelationID, .kmAccessKey, .kmCryptoKeyID, .kmTranToken, .kmTranTime, .kmTimeZone,
    ]

    @Test("Mutated headers", arguments: Level.allCases, [false, true])
    func headers(level: Level, isCallback: Bool) async throws {
        let scene = try Self.scene(level, isCallback: isCallback)
        var numbers = SeededGenerator(seed: isCallback ? 11 : 12)
        for name in Self.names {
            for value in Self.values {
                var changed = scene
                changed.change = { $0[name] = value }
                try await Self.compare(changed, "\(name) = \(value ?? "nil")")
            }
        }
        for round in 0..<200 {
            let changes = (0..<numbers.below(3) + 1).map { _ in (numbers.pick(Self.names), numbers.pick(Self.values)) }
            let (repeated, bytes) = (numbers.once(in: 6) ? numbers.pick(Self.names) : nil, numbers.once(in: 3))
            var changed = scene
            if numbers.once(in: 4) { changed.draft.secretKey = try ClientAndServer.secretKey("another") }
            if numbers.once(in: 4) { changed.draft.setTime(numbers.pick(["20270305213456789", "20270305123000000"])) }
            let damage = numbers
            changed.change = { fields in
                var numbers = damage
                for (name, value) in changes {
                    let text = bytes ? fields[name].map { Array($0.utf8).mutated(using: &numbers) } : nil
                    fields[name] = text.map { String(decoding: $0, as: UTF8.self) } ?? value
                }
                if let repeated, let value = fields[repeated] {
                    fields.append(HTTPField(name: repeated, value: value))
                }
            }
            try await Self.compare(changed, "round \(round)")
        }
    }

    @Test("Mutated and truncated bodies", arguments: Level.allCases, [false, true])
    func bodies(level: Level, isCallback: Bool) async throws {
        let scene = try Self.scene(level, isCallback: isCallback)
        let valid = scene.draft.body
        var numbers = SeededGenerator(seed: isCallback ? 21 : 22)
        let pieces = [
            "\"", "{", "}", "[", ",", ":", ".", "=", "+", "encData", "{\"encData\":\"", "\\u0061", "null", "1", " ",
            "\n",
            "\u{FEFF}", "eyJ", "kid", "\0",
        ]
        for round in 0..<250 {
            var changed = scene
            changed.draft.body =
                switch round % 4 {
                case 0: Array(valid.prefix(numbers.below(valid.count)))
                case 1: valid.mutated(using: &numbers)
                default: valid.nearlyValid(with: pieces, using: &numbers)
                }
            // The body is signed after the change, or before it.
            if round % 7 == 0 { (changed.sentBody, changed.draft.body) = (changed.draft.body, valid) }
            if round % 5 == 0 {
                changed.draft.cryptoKeyID = numbers.pick([nil, Scene.discardedText, Scene.inactiveText])
            }
            changed.allowsEmptyBodies = round % 11 == 0
            try await Self.compare(changed, "round \(round)")
        }
    }

    @Test("All vectors of messages", arguments: ["message-decrypt", "generated/message-decrypt"])
    func messageVectors(file: String) async throws {
        try await vectors(file) { _ in .message }
    }

    @Test("All vectors of fields", arguments: ["field-decrypt", "generated/field-decrypt"])
    func fieldVectors(file: String) async throws {
        try await vectors(file) { test in
            .fields(
                try FieldSelection(test.paths ?? [], presence: test.requiresMatches == true ? .everyItem : .optional)
            )
        }
    }

    private func vectors(
        _ file: String,
        _ protection: (ReferenceVectors.Test) throws -> Protection
    ) async throws {
        let vectors = try ReferenceVectors(file)
        let keys = try vectors.openerKeys()
        var count = 0
        for test in vectors.groups.flatMap(\.tests) {
            guard let id = test.cryptoKeyId, let protection = try? protection(test) else { continue }
            var scene = try Scene()
            scene.keyring = try CryptoKeyring(
                keys.map { key in
                    let id = try CryptoKeyID(key.id)
                    return key.isDiscarded
                        ? CryptoKey(discarded: id) : try CryptoKey(id: id, decryptionKey: key.privateKey)
                },
                primary: nil
            )
            scene.credentials[.accessKey(scene.ends.accessKey)] = [
                Credential(secretKey: scene.ends.secretKey, aspID: scene.ends.aspID, cryptoKeyIDs: .insecureAny)
            ]
            scene.endpoint = .test(protection)
            scene.draft.body = [UInt8](hex: test.body)
            scene.draft.cryptoKeyID = id
            if let correlationID = test.correlationId {
                scene.draft.setTime("20\(correlationID.prefix(12))000")
                scene.draft.correlationID = correlationID
                scene.date = try scene.draft.date()
            }
            try await Self.compare(scene, "\(file) \(test.id)")
            count += 1
        }
        #expect(count > 100)
    }
}

extension RequestDraft {
    /// The time of the token, in UTC.
    fileprivate func date() throws -> Date {
        let stamp = try RequestStamp(timeDigits: tokenTime, timeZone: .utc)
        return Date(timeIntervalSince1970: Double(stamp.time.millisecondsSince1970(secondsFromUTC: 0)) / 1000)
    }
}
