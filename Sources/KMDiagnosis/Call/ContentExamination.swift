internal import Foundation
internal import HTTPTypes
internal import KMJOSE
internal import KMJSON
internal import KMPrimitives
internal import KMSecurity
internal import KMWire

/// The examination of a body: its key, its protection, its decryption and its parameters.
struct ContentExamination {
    /// The key that a message names.
    enum KeyName {
        case none
        case id(CryptoKeyID)
        /// The header is malformed.
        case malformed
    }

    /// What the steps found.
    struct Opened {
        let key: JudgedStep
        let protection: JudgedStep
        let decryption: JudgedStep
        let parametersStep: JudgedStep
        /// The decrypted parameters, even if a receiver does not accept them; nil if they could not be decrypted.
        let parameters: [UInt8]?
        /// The header of the JWE; nil for a plain body.
        var header: JWEHeader?
        /// The key of the keyring that the message names.
        var cryptoKey: CryptoKey?
        /// The number of parameters that the rules do not have.
        var unknownParameterCount = 0
        /// Whether the body is plain, or has plain parts.
        var hasPlainText = false
    }

    let body: [UInt8]
    let rule: Endpoint.Rule
    let keyName: KeyName
    /// Faults of the key that the keyring does not show.
    let keyFaults: [Fault]
    let correlationID: CorrelationID?
    let allowsEmptyBodies: Bool
    let keyring: CryptoKeyring
    let limits: ParameterLimits
    let otherKeys: [RequestJudge.NamedKey]
    let parameterRule: ParameterRule?

    private static let expectedKey = "a crypto key that the sender may use and the receiver has"
    private static let expectedDecryption = "a message that decrypts under the receiver's private key to one JSON text"

    private var keyID: CryptoKeyID? { if case .id(let id) = keyName { id } else { nil } }

    private var protection: ProtectionExamination {
        ProtectionExamination(
            body: body,
            rule: rule,
            keyID: keyID,
            correlationID: correlationID,
            allowsEmptyBodies: allowsEmptyBodies,
            limits: limits
        )
    }

    private var expectedParameters: String {
        parameterRule == nil ? "one JSON text" : "the parameters of the API page"
    }

    /// Runs the steps.
    func open() async -> Opened {
        let key = keyStep()
        let examination = protection
        do {
            let parsed = try examination.parse()
            return await opened(parsed, key)
        } catch let error as KMError {
            return Opened(
                key: key,
                protection: .judged(
                    .protection,
                    examination.expected,
                    examination.faults(error),
                    otherwise: ""
                ),
                decryption: .notChecked(.decryption, Self.expectedDecryption, "the protection is wrong"),
                parametersStep: .notChecked(.parameters, expectedParameters, "the protection is wrong"),
                parameters: nil,
                cryptoKey: cryptoKey,
                hasPlainText: error.code == .protectionRequired
            )
        } catch {
            return .notChecked("the body could not be examined", expectedParameters)
        }
    }

    private func opened(_ parsed: ProtectionExamination.Parsed, _ key: JudgedStep) async -> Opened {
        let (found, header) = Self.describe(parsed)
        let protection = JudgedStep.passed(.protection, self.protection.expected, found)
        if case .plain = parsed {
            let examination = examine(body)
            return Opened(
                key: key,
                protection: protection,
                decryption: .passed(.decryption, Self.expectedDecryption, "a plain body"),
                parametersStep: step(examination),
                parameters: body,
                cryptoKey: cryptoKey,
                unknownParameterCount: examination.unknownCount,
                hasPlainText: true
            )
        }
        let (decryption, parameters) = await decrypted(parsed)
        let examination = parameters.map(examine)
        return Opened(
            key: key,
            protection: protection,
            decryption: decryption,
            parametersStep: examination.map(step)
                ?? .notChecked(.parameters, expectedParameters, "the parameters are not decrypted"),
            parameters: parameters,
            header: header,
            cryptoKey: cryptoKey,
            unknownParameterCount: examination?.unknownCount ?? 0,
            hasPlainText: header == nil || Self.isOfFields(parsed)
        )
    }

    private static func describe(_ parsed: ProtectionExamination.Parsed) -> (found: String, header: JWEHeader?) {
        func text(_ header: JWEHeader) -> String {
            "\(header.algorithm.rawValue) and \(header.encryption.rawValue)\(header.keyID == nil ? ", without kid" : "")"
        }
        switch parsed {
        case .plain: return ("a plain body", nil)
        case .message(_, let header): return ("a JWE of \(text(header))", header)
        case .fields(let fields):
            guard let first = fields.first else { return ("no selected field", nil) }
            return ("\(counted(fields.count, "field")) of \(text(first.header))", first.header)
        }
    }

    private static func isOfFields(_ parsed: ProtectionExamination.Parsed) -> Bool {
        if case .fields = parsed { true } else { false }
    }

    private func examine(_ parameters: [UInt8]) -> ParameterExamination {
        ParameterExamination(parameters, parameterRule, maximumDepth: limits.maximumDepth)
    }

    private func step(_ examination: ParameterExamination) -> JudgedStep {
        .judged(
            .parameters,
            expectedParameters,
            examination.faults,
            otherwise: parameterRule == nil ? "one JSON text" : "all required parameters by their rules"
        )
    }

    // MARK: The key

    private var cryptoKey: CryptoKey? { keyID.flatMap { try? keyring.key($0) } }

    private func keyStep() -> JudgedStep {
        if case .malformed = keyName { return .notChecked(.key, Self.expectedKey, "X-KM-Crypto-Key-Id is malformed") }
        var faults = keyFaults
        guard protection.needsKey else {
            let found = keyID.map { "\($0.masked), which the body does not need" } ?? "no key, and none is needed"
            return .judged(.key, Self.expectedKey, faults, otherwise: found)
        }
        guard let keyID else {
            if faults.isEmpty {
                faults = [
                    Fault(
                        .headerMissing,
                        "X-KM-Crypto-Key-Id is missing, and the body must be encrypted",
                        .keyIDMissing
                    )
                ]
            }
            return .judged(.key, Self.expectedKey, faults, otherwise: "")
        }
        guard let key = cryptoKey else {
            if faults.isEmpty { faults.append(unknown(keyID)) }
            return .judged(.key, Self.expectedKey, faults, otherwise: "")
        }
        if key.state == .discarded {
            faults.append(Fault(.keyNotActive, "the key \(keyID.masked), which is discarded", .keyDiscarded))
        }
        let note = key.decryptionKey == nil ? ", whose private key is not here" : ""
        return .judged(
            .key,
            Self.expectedKey,
            faults,
            otherwise: "the key \(keyID.masked), which is \(key.state.rawValue)\(note)"
        )
    }

    private func unknown(_ id: CryptoKeyID) -> Fault {
        let similar = keyring.keys.first { $0.id.text.lowercased() == id.text.lowercased() }
        guard let similar else {
            return Fault(.keyUnknown, "a key id that the receiver's keyring does not have", .keyIDUnknown)
        }
        return Fault(
            .keyUnknown,
            "a key id that the receiver's keyring has in other letters",
            .keyIDCase,
            at: Judgment.Difference(
                place: "X-KM-Crypto-Key-Id",
                expected: Array(similar.id.text.utf8),
                found: Array(id.text.utf8),
                showsLetters: true
            )
        )
    }

    // MARK: The decryption

    private func decrypted(_ parsed: ProtectionExamination.Parsed) async -> (step: JudgedStep, parameters: [UInt8]?) {
        if case .fields(let fields) = parsed, fields.isEmpty {
            return (.passed(.decryption, Self.expectedDecryption, "nothing to decrypt"), body)
        }
        guard let keyID, let key = cryptoKey, (try? key.checkDecrypts()) != nil else {
            return withoutKey(parsed)
        }
        do {
            let cipher = try ParameterCipher(keyring: keyring, limits: limits)
            let examined = try cipher.examine(body, rule, keyID, correlationID: correlationID)
            let parameters = try await cipher.open(examined)
            let count = counted(parameters.count, "byte")
            return (.passed(.decryption, Self.expectedDecryption, "\(count) of parameters"), parameters)
        } catch let error as KMError where error.code == .authenticationFailed {
            let result = trials(parsed)
            return (.judged(.decryption, Self.expectedDecryption, result.faults, otherwise: ""), result.plaintext)
        } catch let error as KMError where error.isPeerFault {
            return (.judged(.decryption, Self.expectedDecryption, [plaintextFault(parsed, error)], otherwise: ""), nil)
        } catch {
            return (.notChecked(.decryption, Self.expectedDecryption, "the private key could not be used"), nil)
        }
    }

    /// The step of a message whose key the receiver does not have: another key may decrypt it.
    private func withoutKey(
        _ parsed: ProtectionExamination.Parsed
    ) -> (step: JudgedStep, parameters: [UInt8]?) {
        let step = JudgedStep.notChecked(.decryption, Self.expectedDecryption, reasonWithoutKey)
        let result = trials(parsed)
        let names = [CallCause.otherKey.rawValue, CallCause.unnamedKey.rawValue]
        guard result.faults.contains(where: { names.contains($0.mistake.name) }) else { return (step, nil) }
        return (
            .judged(.decryption, Self.expectedDecryption, result.faults, otherwise: ""), result.plaintext
        )
    }

    private var reasonWithoutKey: String {
        switch keyName {
        case .malformed: "X-KM-Crypto-Key-Id is malformed, and no other known key decrypts the message"
        case .none: "X-KM-Crypto-Key-Id is missing, and no other known key decrypts the message"
        case .id:
            cryptoKey.map { $0.state == .discarded ? "the key is discarded" : "the private key is not here" }
                ?? "the receiver does not have the key that the header names"
        }
    }

    private func trials(_ parsed: ProtectionExamination.Parsed) -> DecryptionTrials.Result {
        var keys: [DecryptionTrials.Key] = []
        if let named = cryptoKey?.decryptionKey as? RSAPrivateKey { keys.append(.init(name: nil, key: named)) }
        keys += otherKeys.map { .init(name: $0.name, key: $0.key) }
        for other in keyring.keys where other.id != keyID {
            guard let key = other.decryptionKey as? RSAPrivateKey else { continue }
            keys.append(.init(name: "the key \(other.id.masked)", key: key, isOfReceiver: true))
        }
        // A header that names a key which the receiver has says under which key the sender meant to encrypt.
        let isNamed = cryptoKey != nil
        func trials(_ parts: JWECompact, _ header: JWEHeader) -> DecryptionTrials {
            DecryptionTrials(parts: parts, header: header, keys: keys, isKeyNamed: isNamed)
        }
        switch parsed {
        case .plain: return DecryptionTrials.Result(faults: [], plaintext: nil)
        case .message(let parts, let header): return trials(parts, header).run()
        case .fields(let fields):
            // The fields share one content key. The first one that fails shows the mistake.
            var result: DecryptionTrials.Result?
            for field in fields.prefix(4) {
                let next = trials(field.parts, field.header).run()
                guard !next.faults.isEmpty else { continue }
                result = next
                break
            }
            let faults =
                result?.faults ?? [Fault(.authenticationFailed, "a field that does not decrypt", .messageChanged)]
            return DecryptionTrials.Result(faults: faults, plaintext: nil)
        }
    }

    private func plaintextFault(_ parsed: ProtectionExamination.Parsed, _ error: KMError) -> Fault {
        guard let key = cryptoKey?.decryptionKey as? RSAPrivateKey else {
            return Fault(error.code, "decrypted bytes that are not accepted", .plaintextNotJSON)
        }
        func plaintext(_ parts: JWECompact, _ header: JWEHeader) -> [UInt8]? {
            try? JWEContentKey(unwrapping: parts, header.algorithm, header.encryption, with: key).open(parts)
        }
        switch parsed {
        case .plain: return Fault(error.code, error.detail, .plaintextNotJSON)
        case .message(let parts, let header): return PlaintextExamination.fault(plaintext(parts, header) ?? [], error)
        case .fields(let fields):
            let bad = fields.lazy.prefix(64).compactMap { plaintext($0.parts, $0.header) }.first {
                JSONMembers.fault($0, maximumDepth: limits.maximumDepth) != nil
            }
            return bad.map { PlaintextExamination.fault($0, error) }
                ?? Fault(error.code, error.detail, .plaintextNotJSON)
        }
    }
}

extension ContentExamination.Opened {
    /// The steps of a body that was not examined.
    static func notChecked(_ why: String, _ expectedParameters: String = "the parameters of the API page") -> Self {
        Self(
            key: .notChecked(.key, "a crypto key that the sender may use and the receiver has", why),
            protection: .notChecked(.protection, "a body that is protected as the endpoint requires", why),
            decryption: .notChecked(.decryption, "a message that decrypts", why),
            parametersStep: .notChecked(.parameters, expectedParameters, why),
            parameters: nil
        )
    }
}
