internal import HTTPTypes
internal import KMJOSE
internal import KMJSON
internal import KMPrimitives
internal import KMSecurity
internal import KMWire

/// The examination of a body's protection, as far as no key is needed.
struct ProtectionExamination {
    /// A body that is protected as its rule requires.
    enum Parsed {
        case plain
        case message(JWECompact, JWEHeader)
        case fields([EncryptedField])
    }

    let body: [UInt8]
    let rule: Endpoint.Rule
    let keyID: CryptoKeyID?
    let correlationID: CorrelationID?
    let allowsEmptyBodies: Bool
    let limits: ParameterLimits

    var policy: JWEPolicy { JWEPolicy(maximumByteCount: limits.maximumBodyByteCount) }

    var expected: String {
        let plain = rule.acceptsPlain ? ", or plain" : ""
        return switch rule.protection {
        case .none: "a plain body"
        case .message: "{\"encData\":\"…\"} with a JWE of RSA-OAEP-256 and A128GCM or A256GCM\(plain)"
        case .fields(let selection): "encrypted \(selection)\(plain)"
        }
    }

    /// Whether a receiver looks for a key before it examines the body.
    var needsKey: Bool {
        switch rule.protection {
        case .none: false
        case .message: rule.acceptsPlain ? (try? EncryptedBody.isEncrypted(body)) ?? false : true
        case .fields(let selection): rule.acceptsPlain ? ((try? hasEncryptedField(selection)) ?? false) : true
        }
    }

    /// Parses the body in the way of a receiver.
    ///
    /// - Throws: ``KMError`` of the first fault.
    func parse() throws -> Parsed {
        switch rule.protection {
        case .none:
            guard !body.isEmpty || allowsEmptyBodies else {
                throw KMError(.emptyBody, "the request has no body")
            }
            return .plain
        case .message:
            if rule.acceptsPlain, try !EncryptedBody.isEncrypted(body) { return .plain }
            let (parts, header) = try ParameterCipher.parseMessage(body, policy, keyID)
            return .message(parts, header)
        case .fields(let selection):
            let matches = try matches(selection)
            if rule.acceptsPlain, !matches.contains(where: { ParameterCipher.isEncrypted($0, in: body) }) {
                return .plain
            }
            return .fields(try ParameterCipher.parseFields(body, matches, policy, keyID, correlationID))
        }
    }

    private func matches(_ selection: FieldSelection) throws -> [FieldMatch] {
        try FieldMatcher.matches(selection, in: body.span, limits: limits.matcherLimits)
    }

    private func hasEncryptedField(_ selection: FieldSelection) throws -> Bool {
        try matches(selection).contains { ParameterCipher.isEncrypted($0, in: body) }
    }

    /// Explains the error that ``parse()`` threw.
    func faults(_ error: KMError) -> [Fault] {
        if error.code == .emptyBody { return [Fault(error.code, "a body of 0 bytes", .bodyEmpty)] }
        if error.code == .malformedJSON { return [notJSON(error)] }
        if case .fields(let selection) = rule.protection { return fieldFaults(selection, error) }
        return messageFaults(error)
    }

    // MARK: JSON

    private func notJSON(_ error: KMError) -> Fault {
        let text = String(decoding: body.prefix(3), as: UTF8.self)
        let position = JSONMembers.fault(body, maximumDepth: limits.maximumDepth)?.position
        let difference = position.map { Judgment.Difference(place: "body", offset: $0, in: body) }
        let isBareJWE = body.starts(with: "eyJ".utf8) && body.filter { $0 == UInt8(ascii: ".") }.count == 4
        let isForm =
            text.utf8.first?.isAlphanumeric == true && body.prefix(64).contains(UInt8(ascii: "="))
            && !body.prefix(64).contains(UInt8(ascii: "{"))
        let cause: CallCause =
            body.isEmpty
            ? .bodyEmpty
            : body.starts(with: [0xEF, 0xBB, 0xBF])
                ? .bodyMark : isBareJWE ? .bodyBareJWE : isForm ? .bodyForm : .bodyNotJSON
        return Fault(error.code, "a body that is not JSON: \(error.detail)", cause, at: difference)
    }

    // MARK: Messages

    private func messageFaults(_ error: KMError) -> [Fault] {
        switch error.code {
        case .protectionRequired: return [plain(error)]
        case .malformedBody: return [malformed(error)]
        case .fieldMismatch: return [Fault(error.code, "a JWE that is bound to a path", .messageIsField)]
        default:
            guard let (jwe, start) = encData() else { return [Fault(error.code, error.detail, .bodyNotJSON)] }
            return JWEFault.all(jwe, error, policy).map { fault in
                let difference =
                    fault.cause == .jweKeyID
                    ? keyIDDifference(jwe)
                    : fault.offset.map {
                        Judgment.Difference(
                            place: start == nil ? "encData" : "body",
                            offset: $0 + (start ?? 0),
                            in: start == nil ? jwe : body
                        )
                    }
                return Fault(error.code, fault.found, fault.cause, fix: fault.fix, at: difference)
            }
        }
    }

    /// The unescaped value of `encData`, and its position in the body; nil for the position if it has escapes.
    private func encData() -> (jwe: [UInt8], start: Int?)? {
        guard let member = JSONMembers(body)?.first("encData"), member.token == .string else { return nil }
        let text = JSONString.unescaped(body.span, member.range)
        return (text, member.hasEscapes ? nil : member.range.lowerBound + 1)
    }

    private func keyIDDifference(_ jwe: [UInt8]) -> Judgment.Difference? {
        guard let keyID, let named = (try? policy.parse(jwe.span, keyID: nil))?.header.keyID else { return nil }
        return Judgment.Difference(
            place: "kid",
            expected: Array(keyID.text.utf8),
            found: Array(named.utf8.prefix(64)),
            showsLetters: true
        )
    }

    /// The fault of a body without `encData`.
    private func plain(_ error: KMError) -> Fault {
        guard let object = JSONMembers(body) else {
            let isJWE = body.first == UInt8(ascii: "\"")
            return Fault(error.code, "a JSON text that is not an object", isJWE ? .bodyBareJWE : .bodyPlain)
        }
        if Self.isJSONSerialization(object) {
            return Fault(error.code, "the JSON serialization of a JWE", .jweJSON)
        }
        let wrong = object.members.first { member in
            let letters = String(
                decoding: member.name.prefix(32).filter(\.isAlphanumeric).map { $0 | 0x20 },
                as: UTF8.self
            )
            let isNear =
                ["data", "encdata", "encrypteddata", "encryptdata", "encryptedbody", "jwe", "payload"].contains(letters)
                || EditDistance.isAtMost(2, Array(letters.utf8), Array("encdata".utf8))
            return member.token == .string && isNear
        }
        guard let wrong else {
            let jwe = object.members.first { member in
                member.token == .string
                    && PlaintextExamination.isJWE(JSONString.unescaped(body.span, member.range))
            }
            let found = "an object of \(counted(object.members.count, "member")) without encData"
            guard let jwe else { return Fault(error.code, found, .bodyPlain) }
            return Fault(
                error.code,
                "\(found), whose fields are encrypted one by one",
                .fieldsAtMessageLevel,
                at: Judgment.Difference(place: "body", offset: jwe.range.lowerBound, in: body)
            )
        }
        let difference = Judgment.Difference(
            place: "member name",
            expected: Array("encData".utf8),
            found: Array(wrong.name.prefix(32)),
            showsLetters: true
        )
        return Fault(error.code, "no encData, but a member whose name resembles it", .encDataName, at: difference)
    }

    static func isJSONSerialization(_ object: JSONMembers) -> Bool {
        object.first("ciphertext") != nil && (object.first("protected") ?? object.first("recipients")) != nil
    }

    private func malformed(_ error: KMError) -> Fault {
        guard let object = JSONMembers(body) else { return Fault(error.code, error.detail, .bodyNotJSON) }
        let data = object.members.filter { $0.name.elementsEqual("encData".utf8) }
        if data.count > 1 { return Fault(error.code, "encData \(data.count) times", .encDataTwice) }
        if let first = data.first, first.token != .string {
            let inner = JSONMembers(Array(body[first.range]))
            let isJWE = inner.map(Self.isJSONSerialization) ?? false
            return Fault(
                error.code,
                isJWE ? "the JSON serialization of a JWE in encData" : "encData that is not a string",
                isJWE ? .jweJSON : .encDataType,
                at: Judgment.Difference(place: "body", offset: first.range.lowerBound, in: body)
            )
        }
        return Fault(
            error.code,
            "encData beside \(counted(object.members.count - data.count, "other member"))",
            .encDataOthers
        )
    }

    // MARK: Fields

    /// The faults of all fields.
    private func fieldFaults(_ selection: FieldSelection, _ error: KMError) -> [Fault] {
        guard let matches = try? matches(selection) else {
            let isMessage = (try? EncryptedBody.message(of: body)) != nil
            return [Fault(error.code, error.detail, isMessage ? .encDataAtFieldLevel : missing(error))]
        }
        var faults: [Fault] = []
        var first: EncryptedField?
        for match in matches.prefix(64) {
            do {
                let field = try EncryptedField(match, body, policy, keyID: keyID, correlationID: correlationID)
                try field.checkSharesKey(with: first)
                first = first ?? field
            } catch let error as KMError {
                faults += self.faults(of: match, error)
            } catch {}
        }
        return faults.isEmpty ? [Fault(error.code, error.detail, .fieldPlain)] : faults
    }

    private func missing(_ error: KMError) -> CallCause {
        error.code == .fieldMissing ? .fieldMissing : error.code == .limitExceeded ? .jweSize : .bodyNotJSON
    }

    private func faults(of match: FieldMatch, _ error: KMError) -> [Fault] {
        let start = match.range.lowerBound
        func difference(_ offset: Int) -> Judgment.Difference {
            Judgment.Difference(place: "body", offset: start + offset, in: body)
        }
        if error.code == .protectionRequired {
            return [Fault(error.code, error.detail, .fieldPlain, at: difference(0))]
        }
        let text = JSONString.unescaped(body.span, match.range)
        guard error.code == .fieldMismatch else {
            return JWEFault.all(text, error, policy).map { fault in
                let offset = fault.offset.flatMap { match.hasEscapes ? nil : $0 + 1 }
                return Fault(error.code, "\(match.place): \(fault.found)", fault.cause, at: offset.map(difference))
            }
        }
        guard let header = (try? policy.parse(text.span, keyID: keyID?.text))?.header else {
            return [Fault(error.code, error.detail, .fieldUnbound)]
        }
        let path = header.privateParameter(FieldHeader.path)
        let cause: CallCause =
            if header.contentType != FieldHeader.contentType {
                .fieldContentType
            } else if path == nil {
                .fieldUnbound
            } else if path.map({ !$0.utf8.elementsEqual(match.path) }) == true {
                .fieldMoved
            } else if let correlationID,
                header.privateParameter(FieldHeader.correlationID) != correlationID.text
            {
                .fieldOfOtherMessage
            } else {
                .fieldKeys
            }
        return [Fault(error.code, error.detail, cause, at: difference(0))]
    }
}
